package dev.wrenn.host.vmm;

/// Starts virtual machines. Thread-safe.
public interface Vmm {
    /// Name of the implementation: `qemu`.
    String name();

    /// Version of the program behind it.
    String version();

    /// What runs the guests on this host.
    Accel accel();

    /// Starts a VM; returns when its process runs and its control socket answers, before the guest
    /// is up. Descriptors in `spec` stay the caller's; files the VMM must own are handed to its
    /// user.
    ///
    /// @throws VmmException with the VMM's own words; nothing is left running then
    VmProcess boot(VmSpec spec);

    /// Takes back a VM that an earlier life of the agent started.
    ///
    /// @throws VmmException when the process is gone or its id belongs to another process now
    VmProcess adopt(VmRecord record);
}
