package dev.wrenn.host.disk;

import java.nio.file.Path;

/// A guest kernel and the initramfs built for it.
///
/// @param version as in the file names, for example `6.1.0-41-cloud-amd64`
public record KernelImage(String version, Path vmlinux, Path initramfs) {}
