package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What `vmjail` is told: which user the VMM becomes, and the little that it sees of the host.
final class Jail {
    static final List<Path> PROGRAMS =
            List.of(
                    Path.of("/usr/local/bin"),
                    Path.of("/usr/sbin"),
                    Path.of("/usr/bin"),
                    Path.of("/sbin"),
                    Path.of("/bin"));

    /// Libraries, where the loader looks for them (ld.so(8)), and firmware.
    private static final List<Path> SHOWN =
            List.of(
                    Path.of("/lib"),
                    Path.of("/lib64"),
                    Path.of("/usr/lib"),
                    Path.of("/usr/lib64"),
                    Path.of("/usr/local/lib"),
                    Path.of("/etc/ld.so.cache"),
                    Path.of("/usr/share/qemu"),
                    Path.of("/usr/share/seabios"));

    private static final Path NULL = Path.of("/dev/null"); // QEMU tries file locks on it
    private static final Path RANDOM = Path.of("/dev/urandom"); // feeds the guest's own
    private static final Path KVM = Path.of("/dev/kvm");

    private final Path launcher;
    private final Path program;
    private final Set<Path> shown;
    private final @Nullable Integer kvmGroup;

    private Jail(Path launcher, Path program, Set<Path> shown, @Nullable Integer kvmGroup) {
        this.launcher = launcher;
        this.program = program;
        this.shown = shown;
        this.kvmGroup = kvmGroup;
    }

    /// @throws VmmException when the launcher or the program is not there
    static Jail of(VmmConfig config) {
        var launcher = config.launcher();
        if (!Files.isExecutable(launcher))
            throw new VmmException(
                    launcher + " is missing: it puts up the walls around each VM (WRENN_VMJAIL)");
        var program = find(config.program());
        var shown = new LinkedHashSet<Path>();
        for (var path : SHOWN) if (Files.exists(path)) shown.add(path);
        // a build of one's own has its firmware beside it
        var beside = program.resolve("../../share/qemu").normalize();
        if (Files.isDirectory(beside)) shown.add(beside);
        if (shown.stream().noneMatch(path -> isReallyBelow(program, path))) shown.add(program);
        return new Jail(launcher, program, shown, AccelProbe.kvmGroup());
    }

    private static boolean isReallyBelow(Path program, Path folder) {
        return program.startsWith(folder) && !Files.isSymbolicLink(folder);
    }

    private static Path find(String program) {
        try {
            if (program.contains("/")) return Path.of(program).toRealPath();
            for (var folder : PROGRAMS) {
                var file = folder.resolve(program);
                if (Files.isExecutable(file)) return file.toRealPath();
            }
        } catch (IOException e) {
            throw new VmmException("QEMU is missing: " + program, e);
        }
        throw new VmmException("QEMU is missing: " + program + " is not in " + PROGRAMS);
    }

    /// Path of the program, inside as outside.
    String program() {
        return program.toString();
    }

    /// The command that becomes `command`, as this user, with nothing more than it needs.
    List<String> around(int uid, Accel.Kind accel, List<String> command) {
        return around(uid, accel, List.of(), command);
    }

    /// The same with more that it may see.
    List<String> around(int uid, Accel.Kind accel, List<Path> more, List<String> command) {
        var argv = new ArrayList<>(List.of(launcher.toString(), "--uid", Integer.toString(uid)));
        boolean kvm = accel == Accel.Kind.KVM;
        if (kvm && kvmGroup != null) argv.addAll(List.of("--group", kvmGroup.toString()));
        for (var path : shown) argv.addAll(List.of("--show", path.toString()));
        for (var path : more) argv.addAll(List.of("--show", path.toString()));
        argv.addAll(List.of("--device", NULL.toString(), "--device", RANDOM.toString()));
        if (kvm) argv.addAll(List.of("--device", KVM.toString()));
        argv.add("--");
        argv.addAll(command);
        return argv;
    }
}
