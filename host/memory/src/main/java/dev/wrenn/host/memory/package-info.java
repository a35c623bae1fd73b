/// Memory images of paused VMs and snapshots.
///
/// An image says for every range of guest memory where its bytes are: in a *part* (a data file of
/// one generation) at an offset, or nowhere because the range is zero. [MemoryIndex] is that map,
/// validated whole when it is read; a diff of the pages changed since lies over it as the next
/// generation. Cost follows what was touched, never the size of the memory.
///
/// Depends on `host/linux` for the system calls and on nothing that knows a VMM: a process id and
/// its [RamRegion]s are all that saving needs. Start with [MemoryIndex].
@NullMarked
package dev.wrenn.host.memory;

import org.jspecify.annotations.NullMarked;
