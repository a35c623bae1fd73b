package dev.wrenn.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PagerLogTest {
    private static final String LINE =
            "{\"level\":\"INFO\",\"kvpList\": [{\"capsule\":\"cl-1\"},{\"faults\":\"12\"},"
                    + "{\"faultsInFirstSecond\":\"3\"},{\"clustersPrefetched\":\"90\"},"
                    + "{\"clustersOfWorkingSet\":\"100\"}],\"message\":\"pages served\"}";

    @Test
    void readsTheLineOfItsCapsuleOnly() {
        assertThat(PagerLog.session(LINE, "cl-1")).isEqualTo(new PagerLog.Session(12, 3, 90, 100));
        assertThat(PagerLog.session(LINE, "cl-2")).isNull();
        assertThat(PagerLog.session("no JSON", "cl-1")).isNull();
        assertThat(PagerLog.session("{\"message\":\"pager ready\"}", "cl-1")).isNull();
    }
}
