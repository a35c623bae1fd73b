/// The kernel as Wrenn needs it: descriptors, ioctls, Unix sockets with descriptor passing, pidfds,
/// network namespaces, exact process start, `/proc`, mounts, the frequency of the time stamp
/// counter.
///
/// The only room with native access (foreign functions, no C of our own) and the only one that
/// knows numbers from kernel headers. Everything native ends in a typed owner
/// ([dev.wrenn.host.linux.Fd]) or an [dev.wrenn.host.linux.ErrnoException]. x86-64 with glibc 2.34
/// or newer.
@NullMarked
package dev.wrenn.host.linux;

import org.jspecify.annotations.NullMarked;
