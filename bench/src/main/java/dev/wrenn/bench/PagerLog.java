package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

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

    static @Nullable Session session(String line, String capsule) {
        var entry = LogLine.parse(line).filter(l -> l.says("pages served"));
        if (entry.isEmpty() || !entry.get().value("capsule").equals(capsule)) return null;
        var told = entry.get();
        return new Session(
                Long.parseLong(told.value("faults")),
                Long.parseLong(told.value("faultsInFirstSecond")),
                Long.parseLong(told.value("clustersPrefetched")),
                Long.parseLong(told.value("clustersOfWorkingSet")));
    }
}
