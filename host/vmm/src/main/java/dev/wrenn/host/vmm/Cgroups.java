package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Limits of VMMs by control groups, cgroups(7): of version 2 where it has the controllers, else of
/// version 1, each controller by itself. Groups are the host's, not the agent's: they outlive it,
/// as VMs do. What the host has not got is said once, and does without.
final class Cgroups {
    private static final Logger LOG = LoggerFactory.getLogger(Cgroups.class);

    static final Path MOUNTS = Path.of("/proc/self/mounts");
    private static final String PARENT = "wrenn";
    static final Set<String> WANTED = Set.of("cpu", "memory", "pids");
    private static final String IDLE = "cpu.idle";
    private static final long PERIOD_US = 100_000;
    private static final int MOST_PROCESSES = 256; // as vmjail's limit of threads

    /// Folder of our groups by controller; all the same with version 2.
    private final Map<String, Path> parents;

    private final boolean unified;

    private Cgroups(Map<String, Path> parents, boolean unified) {
        this.parents = Map.copyOf(parents);
        this.unified = unified;
    }

    /// What one VMM may use.
    ///
    /// @param vcpus its weight, and with half a processor for the VMM itself its most
    /// @param memoryBytes guest and VMM together
    record Limits(int vcpus, long memoryBytes) {}

    /// Looks at what this host has, and makes the parent of all groups.
    static Cgroups open() {
        try {
            return open(Files.readAllLines(MOUNTS));
        } catch (IOException e) {
            LOG.atWarn().setCause(e).log("no control groups: VMs are limited by admission alone");
            return new Cgroups(Map.of(), false);
        }
    }

    static Cgroups open(List<String> mounts) {
        var second = new LinkedHashMap<String, Path>();
        var first = new LinkedHashMap<String, Path>();
        for (var line : mounts) { // fstab(5): device, point, type, options
            var words = line.split(" ");
            if (words.length < 4) continue;
            var parent = Path.of(words[1]).resolve(PARENT);
            if (words[2].equals("cgroup2")) {
                if (enable(parent))
                    for (var controller : WANTED) second.putIfAbsent(controller, parent);
            } else if (words[2].equals("cgroup")) {
                for (var option : words[3].split(","))
                    if (WANTED.contains(option) && make(parent)) first.put(option, parent);
            }
        }
        boolean unified = !second.isEmpty();
        var found = unified ? second : first;
        var missing = new ArrayList<>(WANTED);
        missing.removeAll(found.keySet());
        if (!missing.isEmpty())
            LOG.atWarn()
                    .addKeyValue("controllers", missing)
                    .log("no control groups for these: VMs are not limited by them");
        return new Cgroups(found, unified);
    }

    /// Gives the controllers to groups below, from the root on.
    private static boolean enable(Path parent) {
        try {
            var root = parent.resolveSibling("cgroup.controllers");
            var there = Set.of(Files.readString(root).strip().split(" "));
            if (!there.containsAll(WANTED)) return false; // version 1 has them
            var all = "+" + String.join(" +", WANTED);
            Files.writeString(parent.resolveSibling("cgroup.subtree_control"), all);
            Files.createDirectories(parent);
            Files.writeString(parent.resolve("cgroup.subtree_control"), all);
            return true;
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("group", parent).setCause(e).log("not usable");
            return false;
        }
    }

    private static boolean make(Path parent) {
        try {
            Files.createDirectories(parent);
            return true;
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("group", parent).setCause(e).log("not usable");
            return false;
        }
    }

    private Path group(String controller, int uid) {
        var parent = parents.get(controller);
        if (parent == null) throw new IllegalArgumentException("no controller " + controller);
        return parent.resolve("vm-" + uid);
    }

    /// What this host can limit by.
    Set<String> controllers() {
        return parents.keySet();
    }

    /// The limits of a VM as the kernel has them: `cpu 1.5`, `memory 536870912`, `pids 256`; empty
    /// without a group.
    List<String> read(int uid) {
        var limits = new ArrayList<String>();
        for (var controller : new java.util.TreeSet<>(parents.keySet())) {
            var group = group(controller, uid);
            try {
                limits.add(
                        controller
                                + " "
                                + switch (controller) {
                                    case "cpu" -> processors(group);
                                    case "memory" ->
                                            number(
                                                    group,
                                                    unified
                                                            ? "memory.max"
                                                            : "memory.limit_in_bytes");
                                    default -> number(group, "pids.max");
                                });
            } catch (IOException e) {
                LOG.atDebug().addKeyValue("group", group).setCause(e).log("no such group");
            }
        }
        return limits;
    }

    private String processors(Path group) throws IOException {
        var quota =
                unified
                        ? number(group, "cpu.max").split(" ")[0]
                        : number(group, "cpu.cfs_quota_us");
        return Double.toString(Long.parseLong(quota) / (double) PERIOD_US);
    }

    private static String number(Path group, String file) throws IOException {
        return Files.readString(group.resolve(file)).strip();
    }

    /// Limits a process and all its threads. A group left behind by one with the same user id is
    /// used again.
    ///
    /// @throws VmmException when a controller that is there does not take its limit
    void limit(int pid, int uid, Limits limits) {
        long quota = PERIOD_US * limits.vcpus() + PERIOD_US / 2;
        try {
            for (var controller : parents.keySet()) {
                var group = Files.createDirectories(group(controller, uid));
                switch (controller) {
                    case "cpu" -> {
                        share(group, limits.vcpus());
                        if (unified) {
                            write(group, "cpu.max", quota + " " + PERIOD_US);
                        } else {
                            write(group, "cpu.cfs_period_us", PERIOD_US);
                            write(group, "cpu.cfs_quota_us", quota);
                        }
                    }
                    case "memory" ->
                            write(
                                    group,
                                    unified ? "memory.max" : "memory.limit_in_bytes",
                                    limits.memoryBytes());
                    default -> write(group, "pids.max", MOST_PROCESSES);
                }
                write(group, "cgroup.procs", pid);
            }
        } catch (IOException e) {
            throw new VmmException("limits of process " + pid + ": " + e.getMessage(), e);
        }
    }

    /// The same beside the start of a VMM, which takes longer: entering a group can wait for the
    /// kernel to be sure that nobody looks at it.
    ///
    /// @return completed with a [VmmException] when a limit is not taken; there is no group then
    CompletableFuture<Void> limitBeside(int pid, int uid, Limits limits) {
        return CompletableFuture.runAsync(
                () -> {
                    try {
                        limit(pid, uid, limits);
                    } catch (VmmException e) {
                        remove(uid); // the VM may have ended before it was made
                        throw e;
                    }
                },
                task -> Thread.ofVirtual().name("limits " + pid).start(task));
    }

    /// Lets the processes of a VM run when no other VM wants to: a processor that has only such
    /// work counts as idle, and whoever wakes there runs at once (`SCHED_IDLE`, sched(7); of groups
    /// since Linux 5.15). Otherwise it has its share again.
    ///
    /// @param vcpus which its share is for
    void yields(int uid, int vcpus, boolean now) {
        if (!parents.containsKey("cpu")) return;
        var group = group("cpu", uid);
        if (!Files.exists(group.resolve(IDLE))) return; // an older kernel, or it has ended
        try {
            if (now) write(group, IDLE, 1);
            else share(group, vcpus);
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("uid", uid).setCause(e).log("not changed");
        }
    }

    /// A group may be left from a VM that yielded; such a one has no weight.
    private void share(Path group, int vcpus) throws IOException {
        if (Files.exists(group.resolve(IDLE))) write(group, IDLE, 0);
        if (unified) write(group, "cpu.weight", 100L * vcpus);
        else write(group, "cpu.shares", 1024L * vcpus);
    }

    private static void write(Path group, String file, Object value) throws IOException {
        Files.writeString(group.resolve(file), value.toString());
    }

    /// True when the kernel has ended something of this VM for want of memory.
    boolean ranOutOfMemory(int uid) {
        if (!parents.containsKey("memory")) return false;
        var file = unified ? "memory.events" : "memory.oom_control";
        try {
            for (var line : Files.readAllLines(group("memory", uid).resolve(file)))
                if (line.startsWith("oom_kill ")) return !line.equals("oom_kill 0");
        } catch (IOException e) {
            LOG.atDebug().addKeyValue("uid", uid).setCause(e).log("group cannot be read");
        }
        return false;
    }

    /// Removes the groups of a VM that has ended.
    void remove(int uid) {
        for (var controller : parents.keySet()) {
            try {
                Files.deleteIfExists(group(controller, uid));
            } catch (IOException e) { // used again by the next VM with this uid
                LOG.atDebug().addKeyValue("uid", uid).setCause(e).log("group is left");
            }
        }
    }
}
