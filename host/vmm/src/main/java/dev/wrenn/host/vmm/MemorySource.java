package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.Fd;
import java.nio.file.Path;

/// Where a VM's RAM comes from.
public sealed interface MemorySource {
    /// Empty memory, for a boot.
    record Fresh() implements MemorySource {}

    /// A private map of a file that is the whole memory: the guest reads the file's pages until it
    /// writes to them. The file must not change while the VM lives; its page cache is shared by all
    /// VMs that map it.
    ///
    /// @param memory exactly as long as the VM's memory; needs no permissions for the VM's user
    record FileMap(Path memory) implements MemorySource {}

    /// Pages from a pager, one fault at a time.
    ///
    /// @param socket connected to the pager that will receive the handshake; the caller closes it
    ///   after the start
    record Pager(Fd socket) implements MemorySource {}
}
