package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final Report kept =
            new Report(
                    "boot",
                    3,
                    List.of(
                            Measure.ratio("median", 1200.0004, 1000, "ms", 1.25),
                            Measure.exactly("successes", 3, "boots", 3),
                            Measure.atMost("overhead", 2.25, "ms", 5),
                            Measure.of("size", 1234567, "bytes")));

    @Test
    void jsonHasOnlyTheFieldsThatApply() {
        assertThat(kept.json())
                .isEqualTo(
                        "{\"bench\":\"boot\",\"runs\":3,\"results\":["
                                + "{\"metric\":\"median\",\"value\":1200,\"unit\":\"ms\","
                                + "\"floor\":1000,\"ratio\":1.2,\"bound\":1.25,\"holds\":true},"
                                + "{\"metric\":\"successes\",\"value\":3,\"unit\":\"boots\","
                                + "\"bound\":3,\"holds\":true},"
                                + "{\"metric\":\"overhead\",\"value\":2.25,\"unit\":\"ms\","
                                + "\"bound\":5,\"holds\":true},"
                                + "{\"metric\":\"size\",\"value\":1234567,\"unit\":\"bytes\"}]}");
    }

    @Test
    void aKeptPromiseHolds() {
        assertThat(kept.holds()).isTrue();
        assertThat(kept.table()).contains("holds").doesNotContain("BROKEN");
    }

    @Test
    void oneBrokenBoundBreaksTheReport() {
        for (var broken :
                List.of(
                        Measure.ratio("median", 1251, 1000, "ms", 1.25),
                        Measure.exactly("successes", 39, "boots", 40),
                        Measure.atMost("overhead", 5.1, "ms", 5))) {
            var report = new Report("x", 1, List.of(Measure.of("fine", 1, "ms"), broken));
            assertThat(report.holds()).isFalse();
            assertThat(report.json()).contains("\"holds\":false");
            assertThat(report.table()).contains("BROKEN");
        }
    }
}
