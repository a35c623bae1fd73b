package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.nio.file.Path;

/// A complete template on this host; immutable.
///
/// @param rootfs ext4 image, sparse
/// @param size length of the image
/// @param content digest of the files in it, from its manifest
public record TemplateImage(
        TeamId team, TemplateId template, Path rootfs, MemorySize size, String content) {}
