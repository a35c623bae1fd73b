package dev.wrenn.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/// Turns the command line of a running VMM of the product into the one of the floor: the same
/// machine, kernel, root and flags, without what isolates and steers it.
final class FloorCommand {
    /// Options that go away together with their value: sandboxing, control channel, descriptors.
    private static final Set<String> DROPPED =
            Set.of(
                    "-sandbox",
                    "-runas",
                    "-run-with",
                    "-chroot",
                    "-add-fd",
                    "-pidfile",
                    "-qmp",
                    "-qmp-pretty",
                    "-mon",
                    "-monitor",
                    "-chardev",
                    "-D",
                    "-serial");

    private static final String ANONYMOUS = "memory-backend-ram,";

    private FloorCommand() {}

    /// @param command arguments of the product's process, program first
    /// @param disk the floor's own copy of the root image
    /// @param paths resolves names that only the product's process can open, such as
    ///   `/proc/self/fd/7`
    static List<String> from(List<String> command, String disk, UnaryOperator<String> paths) {
        var floor = new ArrayList<String>();
        floor.add(command.getFirst());
        for (int i = 1; i < command.size(); i++) {
            var option = command.get(i);
            if (DROPPED.contains(option)) {
                i++;
                continue;
            }
            floor.add(option);
            if (i + 1 == command.size() || command.get(i + 1).startsWith("-")) continue;
            var value = command.get(++i);
            floor.add(
                    switch (option) {
                        case "-drive" -> replaced(value, "file", disk);
                        case "-blockdev" -> replaced(value, "filename", disk);
                        case "-netdev" -> netdev(value);
                        case "-kernel", "-initrd" -> paths.apply(value);
                        default -> value;
                    });
        }
        // The console goes to the same kind of device; its output ends in the script's log.
        floor.add("-serial");
        floor.add("stdio");
        return floor;
    }

    /// The same for a VMM that was restored: its memory is a private map of a file.
    ///
    /// @param memory the flat memory of the image
    static List<String> restored(List<String> command, String disk, String memory) {
        var floor = new ArrayList<String>();
        for (var word : from(command, disk, UnaryOperator.identity())) {
            floor.add(
                    word.startsWith(ANONYMOUS)
                            ? word.replace(ANONYMOUS, "memory-backend-file,")
                                    + ",mem-path="
                                    + memory
                                    + ",share=off"
                            : word);
        }
        return floor;
    }

    private static String replaced(String value, String key, String with) {
        var parts = new ArrayList<String>();
        for (var part : value.split(",")) {
            parts.add(part.startsWith(key + "=") ? key + "=" + with : part);
        }
        return String.join(",", parts);
    }

    private static String netdev(String value) {
        var parts = new ArrayList<String>();
        for (var part : value.split(",")) {
            if (!part.startsWith("fd=") && !part.startsWith("fds=")) parts.add(part);
        }
        return String.join(",", parts) + ",ifname=tap0,script=no,downscript=no";
    }
}
