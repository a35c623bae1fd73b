package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The host agent's private record of a capsule. Only root can read it: this is how an operator of
/// the machine, and nobody else, gets at a capsule's guest token.
record HostRecord(String hostIp, String token, long pid) {
    static HostRecord read(Path host, String capsule) {
        var file = file(host, capsule);
        if (!Files.isReadable(file)) {
            throw new BenchException(file + ": not readable (expected: run as root on the host)");
        }
        var record = JsonMapper.shared().readTree(file);
        int slot = record.path("slot").asInt(0);
        var token = record.path("token").asString("");
        long pid = record.path("vm").path("pid").asLong(0);
        if (slot < 1 || token.isEmpty() || pid < 1) {
            throw new BenchException(file + ": not the record of a running capsule");
        }
        // Slot i answers at 10.11.0.0 + i (spec 10).
        return new HostRecord("10.11." + (slot >> 8) + "." + (slot & 255), token, pid);
    }

    /// What the agent measured of a capsule's newest save.
    ///
    /// @param blackoutMs for how long the processors stood still
    record SaveTimes(double blackoutMs, double totalMs) {
        static SaveTimes read(Path host, String capsule) {
            var record = JsonMapper.shared().readTree(file(host, capsule));
            var told = record.path("metadata");
            return new SaveTimes(ms(told, "pause_blackout_us"), ms(told, "pause_total_us"));
        }

        private static double ms(JsonNode metadata, String key) {
            var text = metadata.path(key).asString("");
            if (text.isEmpty()) throw new BenchException("record of a capsule: no " + key);
            return Long.parseLong(text) / 1e3;
        }
    }

    private static Path file(Path host, String capsule) {
        return host.resolve("sandboxes").resolve(capsule).resolve("record.json");
    }

    /// Arguments of the capsule's VMM process, program first.
    List<String> command() {
        try {
            var line = Files.readString(proc("cmdline"), StandardCharsets.UTF_8);
            var arguments = List.of(line.substring(0, line.length() - 1).split("\0", -1));
            return concat(proc("exe").toRealPath().toString(), arguments);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// The real name of a file that the VMM knows by a name of its own.
    String realPath(String name) {
        var mine = name.replaceFirst("^/(proc/self|dev)/fd/", "/proc/" + pid + "/fd/");
        try {
            return Path.of(mine).toRealPath().toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path proc(String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }

    private static List<String> concat(String program, List<String> arguments) {
        var all = new ArrayList<>(arguments);
        all.set(0, program);
        return List.copyOf(all);
    }
}
