package dev.wrenn.host.vmm;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/// Starts virtual machines. Thread-safe.
public interface Vmm {
    /// Name of the implementation: `qemu`.
    String name();

    /// Version of the program behind it.
    String version();

    /// What runs the guests on this host.
    Accel accel();

    /// What must be equal where a saved VM is restored: VMM with version, acceleration, model of
    /// machine and processor, `tsc_khz` (within the error of measuring it).
    default Map<String, String> machine() {
        return Map.of("vmm", name() + " " + version(), "accel", accel().kind().word());
    }

    /// Whether a VM can boot with a disk that is served, see [VmSpec#servedAt].
    default boolean takesServedDisks() {
        return false;
    }

    /// Starts a VM; returns when its process runs and its control socket answers, before the guest
    /// is up. Descriptors in `spec` stay the caller's; files the VMM must own are handed to its
    /// user.
    ///
    /// @throws VmmException with the VMM's own words; nothing is left running then
    VmProcess boot(VmSpec spec);

    /// Starts a VM from a saved one and returns with it stopped, just behind the instant of the
    /// save; [VmProcess#resume()] lets it go on. Its vCPUs, memory and MAC address must be those of
    /// the saved one, its disk a copy from the same instant. Else as [#boot(VmSpec)].
    ///
    /// @param spec with the memory of the saved VM as its source
    /// @param deviceState what [VmProcess#saveDeviceState(Path)] wrote
    /// @throws VmmException with the VMM's own words; nothing is left running then
    default VmProcess restore(VmSpec spec, Path deviceState) {
        throw new VmmException(name() + " cannot restore VMs");
    }

    /// Takes back a VM that an earlier life of the agent started.
    ///
    /// @throws VmmException when the process is gone or its id belongs to another process now
    VmProcess adopt(VmRecord record);

    /// Removes what ended VMs of these users left on the host.
    default void forget(Set<Integer> uids) {}
}
