package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/// What an installation has on the machine, as the kernel sees it. Other installations of the same
/// machine are left out.
record Footprint(Path dataDir) {
    private static final Path SLOTS = Path.of("/run/wrenn/slots");

    /// Numbers of the network slots that the installation has claimed.
    TreeSet<Integer> slots() {
        var mine = new TreeSet<Integer>();
        for (var claim : entries(SLOTS)) {
            if (read(claim).startsWith(dataDir.toString())) {
                mine.add(Integer.valueOf(claim.getFileName().toString()));
            }
        }
        return mine;
    }

    /// Processes that name the data directory: by argument, environment or working directory.
    List<Proc> processes() {
        var found = new ArrayList<Proc>();
        long self = ProcessHandle.current().pid();
        var name = dataDir.toString();
        for (var process : Proc.all()) {
            if (process.pid() == self || !process.alive()) continue;
            if (process.command().contains(name)
                    || process.environment().contains(name)
                    || process.workingDirectory().startsWith(name)
                    || process.descriptors().stream().anyMatch(d -> d.startsWith(name))) {
                found.add(process);
            }
        }
        return found;
    }

    /// Mount points in the data directory.
    List<String> mounts() {
        return lines("/proc/self/mounts").stream()
                .map(line -> line.split(" ")[1])
                .filter(point -> point.startsWith(dataDir.toString()))
                .toList();
    }

    /// Unix sockets bound in the data directory.
    List<String> sockets() {
        return lines("/proc/net/unix").stream()
                .filter(line -> line.contains(dataDir.toString()))
                .map(line -> line.substring(line.indexOf(dataDir.toString())))
                .sorted()
                .toList();
    }

    /// Namespaces, links and bind mounts of these slots.
    static List<String> networkOf(Iterable<Integer> slots) {
        var found = new ArrayList<String>();
        var links = String.join("\n", lines("/proc/net/dev"));
        var mounts = String.join("\n", lines("/proc/self/mounts"));
        for (int slot : slots) {
            var namespace = "/run/netns/wrenn-ns-" + slot;
            if (Files.exists(Path.of(namespace))) found.add(namespace);
            if (mounts.contains(namespace + " ")) found.add("mount of " + namespace);
            if (links.contains("wrenn-veth-" + slot + ":")) found.add("wrenn-veth-" + slot);
        }
        return found;
    }

    /// Control groups whose name speaks of Wrenn or a capsule.
    static List<String> cgroups() {
        var found = new ArrayList<String>();
        try (var all = Files.walk(Path.of("/sys/fs/cgroup"))) {
            all.filter(Files::isDirectory)
                    .map(Path::toString)
                    .filter(path -> path.contains("wrenn") || path.contains("/cl-"))
                    .sorted()
                    .forEach(found::add);
        } catch (IOException | UncheckedIOException e) {
            // A group that vanished while it was walked was not one that stays.
        }
        return found;
    }

    /// Firewall rules that speak of Wrenn, without counters.
    static String rules() {
        return Cli.system("nft", "-s", "list", "ruleset")
                .lines()
                .filter(line -> !line.isBlank())
                .reduce("", (text, line) -> text + line + "\n");
    }

    /// Devices `tap…` in the namespaces of these slots.
    static List<String> taps(Iterable<Integer> slots) {
        var found = new ArrayList<String>();
        for (int slot : slots) {
            if (!Files.exists(Path.of("/run/netns/wrenn-ns-" + slot))) continue;
            Cli.system("ip", "-n", "wrenn-ns-" + slot, "-o", "link", "show", "type", "tun")
                    .lines()
                    .forEach(line -> found.add(slot + " " + line.split(": ")[1]));
        }
        return found;
    }

    /// Directories of capsules that the host agent keeps.
    List<Path> capsules() {
        return entries(dataDir.resolve("host/sandboxes"));
    }

    /// Files of the host agent, relative to its directory.
    List<String> files() {
        var host = dataDir.resolve("host");
        try (var all = Files.walk(host)) {
            return all.map(file -> host.relativize(file).toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Path> entries(Path directory) {
        if (!Files.isDirectory(directory)) return List.of();
        try (var entries = Files.list(directory)) {
            return entries.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, UTF_8);
        } catch (IOException e) {
            return ""; // given back meanwhile
        }
    }

    private static List<String> lines(String file) {
        try {
            return Files.readAllLines(Path.of(file), UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
