package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// What the pager says of a session at its end: one line of JSON in its log.
final class PagerLog {
    private PagerLog() {}

    /// @param workingSet clusters that were recorded before and brought in ahead
    /// @param early faults in the first second all the same
    record Session(long faults, long early, long prefetched, long workingSet) {}

    /// The capsule's newest session with a working set.
    static Session last(Path log, String capsule) {
        try {
            Session last = null;
            for (var line : Files.readAllLines(log)) {
                var session = session(line, capsule);
                if (session != null && session.workingSet() > 0) last = session;
            }
            if (last == null) throw new BenchException(log + ": no session with a working set");
            return last;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static @org.jspecify.annotations.Nullable Session session(String line, String capsule) {
        try {
            var entry = JsonMapper.shared().readTree(line);
            if (!entry.path("message").asString("").equals("pages served")
                    || !value(entry, "capsule").equals(capsule)) return null;
            return new Session(
                    Long.parseLong(value(entry, "faults")),
                    Long.parseLong(value(entry, "faultsInFirstSecond")),
                    Long.parseLong(value(entry, "clustersPrefetched")),
                    Long.parseLong(value(entry, "clustersOfWorkingSet")));
        } catch (JacksonException e) {
            return null; // not a line of the logger
        }
    }

    private static String value(JsonNode entry, String key) {
        for (var pair : entry.path("kvpList")) if (pair.has(key)) return pair.path(key).asString();
        return "";
    }
}
