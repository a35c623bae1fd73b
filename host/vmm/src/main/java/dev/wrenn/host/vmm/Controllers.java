package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// Which controllers of control groups, cgroups(7), a host has for its VMs. Only looks.
public final class Controllers {
    private Controllers() {}

    /// Those that VMs of this host are not limited by, in order; empty when none is missing.
    public static List<String> missing() {
        try {
            return missing(Files.readAllLines(Cgroups.MOUNTS));
        } catch (IOException e) {
            return List.copyOf(new TreeSet<>(Cgroups.WANTED));
        }
    }

    /// Version 2 counts only where it has all of them: else version 1 has some.
    static List<String> missing(List<String> mounts) {
        var first = new HashSet<String>();
        for (var line : mounts) { // fstab(5): device, point, type, options
            var words = line.split(" ");
            if (words.length < 4) continue;
            if (words[2].equals("cgroup")) first.addAll(List.of(words[3].split(",")));
            if (words[2].equals("cgroup2") && second(words[1]).containsAll(Cgroups.WANTED))
                return List.of();
        }
        var missing = new TreeSet<>(Cgroups.WANTED);
        missing.removeAll(first);
        return List.copyOf(missing);
    }

    private static Set<String> second(String point) {
        try {
            var all = Files.readString(Path.of(point, "cgroup.controllers")).strip();
            return Set.of(all.split(" "));
        } catch (IOException e) {
            return Set.of();
        }
    }
}
