package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What `vmjail` is told of a Firecracker. It opens paths, so it gets those and no others: single
/// files of its VM in a folder of its own, device nodes of its own, and the network namespace of
/// its tap, in which it may make no socket but those of the Unix kind.
///
/// @param program wherever it is: inside it is at one place
/// @param shown libraries
record FirecrackerJail(Path launcher, Path program, Path kvm, List<Path> shown) {
    private static final Path USERFAULT = Path.of("/dev/userfaultfd");
    private static final Path TUN = Path.of("/dev/net/tun");
    private static final List<Path> DEVICES =
            List.of(Path.of("/dev/null"), Path.of("/dev/urandom"));

    /// Releases are linked statically; others need the loader's folders.
    private static final List<Path> LIBRARIES =
            List.of(Path.of("/lib"), Path.of("/lib64"), Path.of("/usr/lib"), Path.of("/usr/lib64"));

    private static final String INSIDE = "/usr/bin/firecracker";

    /// The option before the capsule's id, for people who look for its process.
    static final String NAME = "--id";

    /// Descriptors behind the standard ones.
    static final int NETWORK = 3;

    FirecrackerJail {
        shown = List.copyOf(shown);
    }

    /// @throws VmmException when the launcher or the program is not there
    static FirecrackerJail of(FirecrackerConfig config) {
        var launcher = config.launcher();
        if (!Files.isExecutable(launcher))
            throw new VmmException(
                    launcher + " is missing: it puts up the walls around each VM (WRENN_VMJAIL)");
        var program = find(config.program());
        var shown = new ArrayList<Path>();
        for (var path : LIBRARIES) if (Files.exists(path)) shown.add(path);
        return new FirecrackerJail(launcher, program, config.kvm(), shown);
    }

    /// The program itself.
    ///
    /// @throws VmmException when it is not there
    static Path find(String program) {
        try {
            if (program.contains("/")) return Path.of(program).toRealPath();
            for (var folder : Jail.PROGRAMS) {
                var file = folder.resolve(program);
                if (Files.isExecutable(file)) return file.toRealPath();
            }
        } catch (IOException e) {
            throw new VmmException(
                    "Firecracker is missing: there is no " + program + " (WRENN_FIRECRACKER_BIN)",
                    e);
        }
        throw new VmmException(
                "Firecracker is missing: "
                        + program
                        + " is not in "
                        + Jail.PROGRAMS
                        + " (WRENN_FIRECRACKER_BIN)");
    }

    /// One VM's files, by their paths inside.
    static final class Places {
        private final Map<Path, Path> written = new LinkedHashMap<>();
        private final Map<Path, Path> read = new LinkedHashMap<>();

        /// A file that the VMM may write to.
        void write(Path file, Path inside) {
            written.put(inside, file);
        }

        /// A file that it may read.
        void read(Path file, Path inside) {
            read.put(inside, file);
        }
    }

    /// The command that becomes Firecracker.
    ///
    /// @param network whether there is a descriptor of its network namespace
    /// @param fileBytes most bytes of a file that it writes
    List<String> command(String id, int uid, boolean network, long fileBytes, Places places) {
        var argv = new ArrayList<>(List.of(launcher.toString(), "--uid", Integer.toString(uid)));
        argv.addAll(List.of("--file-bytes", Long.toString(fileBytes), "--unix-only"));
        if (network) argv.addAll(List.of("--network", Integer.toString(NETWORK)));
        for (var path : shown) argv.addAll(List.of("--show", path.toString()));
        argv.addAll(List.of("--node", kvm.toString(), "--node", TUN.toString()));
        if (Files.exists(USERFAULT)) argv.addAll(List.of("--node", USERFAULT.toString()));
        for (var device : DEVICES) argv.addAll(List.of("--device", device.toString()));
        argv.addAll(List.of("--room", FirecrackerFiles.ROOM.toString()));
        places.written.forEach((inside, file) ->
                argv.addAll(List.of("--file", file.toString(), inside.toString())));
        places.read.forEach((inside, file) ->
                argv.addAll(List.of("--view", file.toString(), inside.toString())));
        argv.addAll(List.of("--program", program.toString(), INSIDE));
        argv.add("--");
        argv.addAll(List.of(INSIDE, NAME, id, "--api-sock", FirecrackerFiles.SOCKET.toString()));
        return argv;
    }
}
