package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Every VMM that runs for an agent, with its walls: also one that waits for a capsule, and one
/// that no record names. They are found by their user ids.
public final class Inspection {
    private static final Path PROC = Path.of("/proc");

    private Inspection() {}

    /// A VMM and its walls.
    ///
    /// @param name what its command line says it is for, a capsule's id
    public record Inspected(int pid, String name, List<Walls.Wall> walls) {
        public Inspected {
            walls = List.copyOf(walls);
        }

        /// True when all of them stand.
        public boolean whole() {
            return walls.stream().allMatch(Walls.Wall::up);
        }
    }

    /// @param uids user ids of the agent's slots
    /// @param dataDir of the agent
    /// @throws VmmException when `/proc` cannot be read
    public static List<Inspected> of(Set<Integer> uids, Path dataDir) {
        try {
            var processes = processes(uids);
            var perUid = new HashMap<Integer, Integer>();
            processes.values().forEach(uid -> perUid.merge(uid, 1, Integer::sum));
            var spaces = new HashSet<String>();
            var found = new ArrayList<Inspected>();
            for (var process : processes.entrySet()) {
                int pid = process.getKey();
                var walls = new ArrayList<>(Walls.of(pid, List.of(dataDir)));
                if (walls.isEmpty()) continue; // it has ended
                boolean alone = perUid.getOrDefault(process.getValue(), 0) == 1;
                boolean apart = true;
                for (var space : Walls.spaces(pid)) apart &= spaces.add(space);
                walls.add(
                        new Walls.Wall(
                                "alone",
                                alone && apart,
                                !alone
                                        ? "others have this uid"
                                        : apart
                                                ? "no other has this uid or a namespace of it"
                                                : "shares a namespace with another VM"));
                found.add(new Inspected(pid, name(pid), walls));
            }
            return found;
        } catch (IOException | DirectoryIteratorException e) {
            throw new VmmException("processes cannot be inspected: " + e.getMessage(), e);
        }
    }

    private static Map<Integer, Integer> processes(Set<Integer> uids) throws IOException {
        var found = new java.util.TreeMap<Integer, Integer>();
        try (var entries = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (var entry : entries) {
                var uid = uid(entry);
                if (uids.contains(uid))
                    found.put(Integer.parseInt(entry.getFileName().toString()), uid);
            }
        }
        return found;
    }

    /// The real user id; -1 for a process that ended while being looked at, or has and waits.
    private static int uid(Path process) {
        try {
            int uid = -1;
            for (var line : Files.readAllLines(process.resolve("status"))) {
                if (line.startsWith("State:") && line.contains("Z")) return -1;
                if (line.startsWith("Uid:")) uid = Integer.parseInt(line.split("\\s+")[1]);
            }
            return uid;
        } catch (IOException e) {
            return -1;
        }
    }

    private static String name(int pid) {
        try {
            var bytes = Files.readAllBytes(PROC.resolve(pid + "/cmdline"));
            var words = List.of(new String(bytes, StandardCharsets.UTF_8).split("\0"));
            int name =
                    Math.max(words.indexOf(QemuCommand.NAME), words.indexOf(FirecrackerJail.NAME));
            return name >= 0 && name + 1 < words.size() ? words.get(name + 1) : "?";
        } catch (IOException e) {
            return "?";
        }
    }
}
