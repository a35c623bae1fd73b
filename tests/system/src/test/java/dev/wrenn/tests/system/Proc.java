package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// What /proc says about a process (proc(5)). A process that ends meanwhile reads as empty.
record Proc(long pid) {
    private static final int NICE = 16; // fields after the name in proc_pid_stat(5)

    /// All processes of the machine.
    static List<Proc> all() {
        var all = new ArrayList<Proc>();
        try (var entries = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (var entry : entries) {
                all.add(new Proc(Long.parseLong(entry.getFileName().toString())));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return all;
    }

    boolean alive() {
        // A zombie has ended: only its parent has not asked yet.
        return Files.exists(file("stat")) && !field("State").startsWith("Z");
    }

    /// Its arguments, separated by blanks.
    String command() {
        return read("cmdline").replace('\0', ' ').strip();
    }

    String environment() {
        return read("environ").replace('\0', '\n');
    }

    String workingDirectory() {
        return link(file("cwd"));
    }

    /// One line of /proc/PID/status, without its name.
    String field(String name) {
        for (var line : read("status").split("\n")) {
            if (line.startsWith(name + ":")) return line.substring(name.length() + 1).strip();
        }
        return "";
    }

    /// Nanoseconds on a processor, proc_pid_schedstat: of its first thread.
    String cpuTime() {
        return read("schedstat").split(" ")[0];
    }

    /// The nice values of its threads of one name, of which the kernel keeps 15 characters.
    List<Integer> nice(String thread) {
        var values = new ArrayList<Integer>();
        try (var threads = Files.newDirectoryStream(file("task"))) {
            for (var one : threads) {
                var stat = Files.readString(one.resolve("stat"), ISO_8859_1);
                int end = stat.lastIndexOf(')');
                if (stat.substring(stat.indexOf('(') + 1, end).equals(thread))
                    values.add(Integer.valueOf(stat.substring(end + 2).split(" ")[NICE]));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return values;
    }

    /// What a namespace is called, for instance `net:[4026531840]`.
    String namespace(String kind) {
        return link(file("ns").resolve(kind));
    }

    /// Targets of its open descriptors, in the order of their numbers.
    List<String> descriptors() {
        var targets = new TreeMap<Integer, String>();
        try (var entries = Files.newDirectoryStream(file("fd"))) {
            for (var entry : entries) {
                var target = link(entry);
                if (!target.isEmpty()) {
                    targets.put(Integer.parseInt(entry.getFileName().toString()), target);
                }
            }
        } catch (IOException e) {
            return List.of();
        }
        return List.copyOf(targets.values());
    }

    /// Targets of the open descriptors that let it write, as proc_pid_fdinfo(5) tells.
    List<String> writable() {
        var targets = new ArrayList<String>();
        try (var entries = Files.newDirectoryStream(file("fd"))) {
            for (var entry : entries) {
                var target = link(entry);
                if (writes(file("fdinfo").resolve(entry.getFileName()))) targets.add(target);
            }
        } catch (IOException e) {
            return List.of();
        }
        return List.copyOf(targets);
    }

    private static boolean writes(Path info) throws IOException {
        for (var line : Files.readAllLines(info)) {
            if (!line.startsWith("flags:")) continue;
            // The access mode is the lowest two bits of an octal number: 0 is reading only.
            return (Integer.parseInt(line.substring(6).strip(), 8) & 3) != 0;
        }
        throw new IOException("no flags: " + info);
    }

    /// How many of its descriptors are of each kind: `socket`, `pipe`, `anon_inode:[eventfd]`, or
    /// the path of a file.
    TreeMap<String, Integer> descriptorKinds() {
        var kinds = new TreeMap<String, Integer>();
        for (var target : descriptors()) {
            kinds.merge(target.replaceFirst("^(socket|pipe|net|mnt):\\[.*", "$1"), 1, Integer::sum);
        }
        return kinds;
    }

    /// Ends it as a crash does.
    void kill() {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    /// It stands still until [#goOn()], and whoever talks to it waits.
    void stop() {
        Cli.system("kill", "-STOP", Long.toString(pid));
    }

    void goOn() {
        Cli.system("kill", "-CONT", Long.toString(pid));
    }

    private String read(String name) {
        try {
            return new String(Files.readAllBytes(file(name)), ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }

    private static String link(Path link) {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (IOException e) {
            return "";
        }
    }

    private Path file(String name) {
        return Path.of("/proc", Long.toString(pid), name);
    }
}
