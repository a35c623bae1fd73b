package dev.wrenn.common.connect;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesResponse;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SandboxListsTest {
    private static final Sandbox ONE =
            Sandbox.newBuilder()
                    .setSandboxId("cl-1")
                    .putMetadata("a", "1")
                    .putMetadata("b", "2")
                    .build();
    private static final Sandbox TWO =
            Sandbox.newBuilder().setSandboxId("cl-2").setLastActiveAtUnixMs(5).build();

    private static ListSandboxesResponse answer(ByteString known, Sandbox... all) {
        return SandboxLists.answer(
                ListSandboxesRequest.newBuilder().setKnown(known).build(), List.of(all));
    }

    @Test
    void whoKnowsNothingHearsAll() {
        var answer = answer(ByteString.EMPTY, TWO, ONE);
        assertThat(answer.getSandboxesList()).containsExactly(ONE, TWO);
        assertThat(answer.getUnchanged()).isFalse();
        assertThat(answer.getSum().size()).isEqualTo(32);
    }

    @Test
    void whatIsKnownIsNotSaidAgainInWhateverOrder() {
        var sum = answer(ByteString.EMPTY, ONE, TWO).getSum();
        var other =
                Sandbox.newBuilder()
                        .setSandboxId("cl-1")
                        .putMetadata("b", "2")
                        .putMetadata("a", "1")
                        .build();
        var again = answer(sum, TWO, other);
        assertThat(again.getUnchanged()).isTrue();
        assertThat(again.getSandboxesCount()).isZero();
        assertThat(again.getSum()).isEqualTo(sum);
        var none = answer(ByteString.EMPTY);
        assertThat(answer(none.getSum()).getUnchanged()).isTrue();
    }

    @Test
    void anyDifferenceIsSaid() {
        var sum = answer(ByteString.EMPTY, ONE, TWO).getSum();
        assertThat(answer(sum, ONE).getSandboxesCount()).isEqualTo(1);
        assertThat(answer(sum).getUnchanged()).isFalse();
        var used = TWO.toBuilder().setLastActiveAtUnixMs(6).build();
        assertThat(answer(sum, ONE, used).getSandboxesList()).containsExactly(ONE, used);
        var later = ONE.toBuilder().setIncarnation(1).build();
        assertThat(answer(sum, later, TWO).getUnchanged()).isFalse();
    }

    @Test
    void orderNeverMatters() {
        var random = new Random(3);
        var all = new ArrayList<Sandbox>();
        for (int i = 0; i < 100; i++)
            all.add(Sandbox.newBuilder().setSandboxId("cl-" + random.nextLong()).build());
        var sum = SandboxLists.answer(ListSandboxesRequest.getDefaultInstance(), all).getSum();
        for (int i = 0; i < 20; i++) {
            Collections.shuffle(all, random);
            var asked = ListSandboxesRequest.newBuilder().setKnown(sum).build();
            assertThat(SandboxLists.answer(asked, all).getUnchanged()).isTrue();
        }
    }
}
