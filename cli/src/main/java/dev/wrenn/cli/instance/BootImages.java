package dev.wrenn.cli.instance;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/// Kernel, initramfs and the `minimal` template: built once per checkout by `images/build` into
/// `.build/images`, then copied to where the host agent keeps its own, with the launcher of VMs and
/// the library that they preload. What did not change is left alone, file by file; a copy appears
/// whole or not at all.
final class BootImages {
    private static final String KERNELS = "kernels";
    private static final String MINIMAL = "images/minimal";

    /// The library that hands guest memory over, in a host's directory.
    static final String RAMSHIM = "lib/libramshim.so";

    /// The launcher of VMs, in a host's directory.
    static final String VMJAIL = "lib/vmjail";

    private final Path source;
    private final Path built;
    private final Commands commands;

    /// @param source root of the checkout
    BootImages(Path source, Commands commands) {
        this.source = source;
        this.built = source.resolve(".build/images");
        this.commands = commands;
    }

    /// Builds what is stale. The scripts say on standard error what they do.
    ///
    /// @throws CommandFailure when a script failed, which has said why
    void build() throws IOException {
        var cache = built.resolve("cache").toString();
        var kernels = Files.createDirectories(built.resolve(KERNELS)).toString();
        var minimal = Files.createDirectories(built.resolve(MINIMAL)).toString();
        run("kernel", kernels, cache);
        run("initramfs", kernels, cache, source.resolve("native/target/release/envd").toString());
        run("minimal", minimal, cache);
    }

    private void run(String... arguments) throws IOException {
        var command = new java.util.ArrayList<String>();
        command.add(source.resolve("images/build").toString());
        command.addAll(List.of(arguments));
        if (commands.show(command) != 0)
            throw new CommandFailure("the guest images could not be built, see above");
    }

    /// Brings a host's directory up to date.
    void publish(Path host) throws IOException {
        var kernels = Files.createDirectories(host.resolve(KERNELS));
        var version = kernelVersion(built.resolve(KERNELS));
        for (var name : List.of("initramfs-" + version + ".cpio", "vmlinux-" + version))
            copy(built.resolve(KERNELS).resolve(name), kernels.resolve(name));
        Files.createDirectories(host.resolve(RAMSHIM).resolveSibling("."));
        copy(source.resolve("native/target/release/libramshim.so"), host.resolve(RAMSHIM));
        copy(source.resolve("native/target/release/vmjail"), host.resolve(VMJAIL));
        var minimal = Files.createDirectories(host.resolve(MINIMAL));
        var manifest = built.resolve(MINIMAL).resolve("manifest.json");
        var theirs = minimal.resolve("manifest.json");
        if (Files.exists(theirs) && Files.mismatch(manifest, theirs) < 0) return;
        Files.deleteIfExists(theirs); // it vouches for the image beside it
        copy(built.resolve(MINIMAL).resolve("rootfs.ext4"), minimal.resolve("rootfs.ext4"));
        copy(manifest, theirs);
    }

    /// `kernel.key` holds the key of the inputs and the version.
    static String kernelVersion(Path kernels) throws IOException {
        var words = Files.readString(kernels.resolve("kernel.key")).strip().split(" ");
        if (words.length != 2) throw new IOException("kernel.key is damaged: " + kernels);
        return words[1];
    }

    /// By `cp`, which keeps holes and shares blocks where it can.
    private void copy(Path from, Path to) throws IOException {
        if (isSame(from, to)) return;
        var temporary = to.resolveSibling("." + to.getFileName() + ".tmp");
        commands.quiet(
                List.of(
                        "cp",
                        "--sparse=always",
                        "--reflink=auto",
                        "--preserve=timestamps",
                        from.toString(),
                        temporary.toString()));
        commands.quiet(List.of("sync", temporary.toString()));
        Files.move(temporary, to, StandardCopyOption.ATOMIC_MOVE);
        AtomicFiles.syncDirectory(to.resolveSibling("."));
    }

    private static boolean isSame(Path from, Path to) throws IOException {
        return Files.exists(to)
                && Files.size(from) == Files.size(to)
                && Files.getLastModifiedTime(from).equals(Files.getLastModifiedTime(to));
    }
}
