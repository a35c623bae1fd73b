package dev.wrenn.host.pager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.host.memory.RamRegion;
import dev.wrenn.host.pager.Handshake.HandshakeException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandshakeTest {
    private static final String GOOD =
            "[{\"base_host_virt_addr\":139872000000000,\"size\":268435456,\"offset\":0,"
                    + "\"page_size\":4096,\"page_size_kib\":4096}]";

    @Test
    void readsTheMessageOfFirecracker() throws Exception {
        assertThat(Handshake.regions(GOOD.getBytes(StandardCharsets.UTF_8)))
                .containsExactly(new RamRegion(139872000000000L, 268435456, 0));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{}",
                "[{}]",
                "[{\"base_host_virt_addr\":1,\"size\":4096,\"offset\":0}]",
                "[{\"base_host_virt_addr\":4096,\"size\":0,\"offset\":0}]",
                "[{\"base_host_virt_addr\":4096,\"size\":4096,\"offset\":\"x\"}]"
            })
    void refusesEverythingElse(String text) {
        assertThatThrownBy(() -> Handshake.regions(text.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(HandshakeException.class);
    }

    @Test
    void randomBytesAreRefusedOrRead() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var good = GOOD.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 5_000; i++) {
            var bytes = good.clone();
            for (int k = 0; k <= random.nextInt(4); k++)
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            try {
                assertThat(Handshake.regions(bytes)).as("seed %d", seed).hasSize(1);
            } catch (HandshakeException e) {
                assertThat(e).hasMessageContaining("region");
            }
        }
    }

    @Test
    void aWorkingSetIsReadBackOrIgnored() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        int[] numbers = {5, 0, 99, 7};
        var good = WorkingSet.encode(numbers, 3);
        assertThat(WorkingSet.decode(little(good), 100)).containsExactly(5, 0, 99);
        assertThat(WorkingSet.decode(little(good), 99)).isEmpty();
        for (int i = 0; i < 5_000; i++) {
            var bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            assertThat(WorkingSet.decode(little(bad), 100)).as("seed %d", seed).isEmpty();
        }
    }

    private static ByteBuffer little(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
