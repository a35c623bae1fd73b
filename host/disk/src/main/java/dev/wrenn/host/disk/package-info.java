/// Disks of capsules: base images, copy-on-write clones, the free-space guard, and a file system
/// that can share blocks where the host's own cannot.
///
/// [dev.wrenn.host.disk.Images] finds what was built, by typed id only. [dev.wrenn.host.disk.Disks]
/// clones an image: by reflink in well under a millisecond where the file system shares blocks
/// (XFS, Btrfs), else by copying the data and skipping the holes. [dev.wrenn.host.disk.XfsVolume]
/// gives a data directory on ext4 such a file system inside one sparse file. All work either way.
@NullMarked
package dev.wrenn.host.disk;

import org.jspecify.annotations.NullMarked;
