package dev.wrenn.host.capsule;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.vmm.VmRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecordJsonTest {
    private static final Instant NOW = Instant.parse("2026-11-24T02:25:00.123456789Z");

    private final CapsuleId id = CapsuleId.random();
    private final CapsuleRecord running =
            CapsuleRecord.booting(FakeHost.request(id, 3), new Secret("t0ken"), NOW)
                    .withSlot(12)
                    .withVm(new VmRecord(4711, 99, 700_012, "work"))
                    .withMemory(Ancestry.Kind.FILE)
                    .withImage(3)
                    .withMetadata(Map.of("accel", "tcg"))
                    .running(NOW);
    private final CapsuleRecord paused =
            running.paused(4, new CapsuleRecord.Pause(PauseReason.IDLE, 123, 3));

    @Test
    void everyPhaseComesBackEqual() throws Exception {
        for (var record :
                new CapsuleRecord[] {
                    running,
                    running.pausing(),
                    running.under(NetworkContractTest.EGRESS),
                    paused,
                    paused.resuming(4, Duration.ofSeconds(7)),
                    paused.spoiled("damaged"),
                    running.stopped("out of memory"),
                    running.destroying()
                }) assertThat(RecordJson.read(RecordJson.write(record), id)).isEqualTo(record);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"version\" : 4 | \"version\" : 5",
                "\"image\" : 3 | \"image\" : -1",
                "\"memory\" : \"FILE\" | \"memory\" : \"FOG\"",
                "\"vcpus\" : 1 | \"vcpus\" : 0",
                "\"slot\" : 12 | \"slot\" : 40000",
                "\"phase\" : \"RUNNING\" | \"phase\" : \"FLYING\"",
                "\"memoryMib\" : 512 | \"memoryMib\" : null",
                "\"createdAt\" : \"2026 | \"createdAt\" : \"x",
                "\"id\" : \"cl- | \"id\" : \"sb-",
                "\"user\" : | \"more\" : 1, \"user\" :",
            })
    void whatCannotBeIsRefused(String good, String bad) {
        var text = new String(RecordJson.write(running), UTF_8);
        assertThat(text).contains(good);
        assertThatThrownBy(() -> RecordJson.read(text.replace(good, bad).getBytes(UTF_8), id))
                .isInstanceOf(RecordJson.CorruptRecord.class);
    }

    @Test
    void recordsWithoutImagesAreStillRead() throws Exception {
        var text =
                new String(RecordJson.write(running), UTF_8)
                        .replace("\"version\" : 4", "\"version\" : 1")
                        .replaceAll(
                                "(?m)^ *\"(memory|image|pause|teamNetwork|network|directory|entrypoint)\""
                                        + " : .*\n",
                                "");
        var read = RecordJson.read(text.getBytes(UTF_8), id);
        assertThat(read.memory()).isEqualTo(Ancestry.Kind.FRESH);
        assertThat(read.image()).isNull();
        assertThat(read.request().directory()).isEmpty();
        assertThat(read.request().entrypoint()).isEmpty();
    }

    @Test
    void anotherCapsulesRecordIsRefused() {
        assertThatThrownBy(() -> RecordJson.read(RecordJson.write(running), CapsuleId.random()))
                .isInstanceOf(RecordJson.CorruptRecord.class);
        assertThatThrownBy(() -> RecordJson.read(new byte[0], id))
                .isInstanceOf(RecordJson.CorruptRecord.class);
    }

    @Test
    void theTokenIsNotPrinted() {
        assertThat(running.toString()).doesNotContain("t0ken");
    }
}
