package dev.wrenn.control.hostlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesResponse;
import dev.wrenn.control.domain.hosts.HostList;
import dev.wrenn.control.domain.hosts.ListSum;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Lists of hosts that do not keep to the contract, or to an earlier one.
class ListsTest {
    private static final ListSum KNOWN = new ListSum("5f".repeat(32));
    private static final ListSandboxesResponse UNCHANGED =
            ListSandboxesResponse.newBuilder().setUnchanged(true).build();

    private static ListSum sum(int bytes) {
        var said = ListSandboxesResponse.newBuilder().setSum(ByteString.copyFrom(new byte[bytes]));
        if (Messages.list(KNOWN, said.build()) instanceof HostList.All(var none, var sum)) {
            assertThat(none).isEmpty();
            return sum;
        }
        throw new AssertionError("not a list");
    }

    @Test
    void whoAsksForEverythingIsNotToldThatItIsTheSame() {
        assertThat(Messages.list(KNOWN, UNCHANGED)).isEqualTo(new HostList.Unchanged());
        assertThatThrownBy(() -> Messages.list(ListSum.NONE, UNCHANGED))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void onlyWhatCanBeASumIsKept() {
        assertThat(sum(32)).isEqualTo(new ListSum("00".repeat(32)));
        for (int bytes : List.of(0, 1, 31, 33, 1 << 20))
            assertThat(sum(bytes)).as("%d bytes", bytes).isEqualTo(ListSum.NONE);
    }

    @Test
    void aSumIsSaidAsTheHostMadeIt() {
        assertThat(Messages.list(KNOWN).getKnown()).isEqualTo(ByteString.fromHex("5f".repeat(32)));
        assertThat(Messages.list(ListSum.NONE).getKnown()).isEmpty();
    }
}
