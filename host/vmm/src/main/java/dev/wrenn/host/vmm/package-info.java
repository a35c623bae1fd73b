/// The virtual machine monitor behind one port, and QEMU and Firecracker behind it.
///
/// [dev.wrenn.host.vmm.Vmm] boots and adopts; [dev.wrenn.host.vmm.VmProcess] is one running VM,
/// which outlives the agent: what must be kept to find it again is its
/// [dev.wrenn.host.vmm.VmRecord]. A VMM runs under its own user id, with no_new_privs, without
/// capabilities, under seccomp, in namespaces of its own, and holds only the descriptors it was
/// given. `accel=auto` boots the real kernel under KVM once and falls back to emulation with a
/// reason.
///
/// A VM is saved in this order: [dev.wrenn.host.vmm.VmProcess#pause()],
/// [dev.wrenn.host.vmm.VmProcess#saveDeviceState(java.nio.file.Path)], its memory (from
/// [dev.wrenn.host.vmm.VmProcess#ram()], by a room above), a clone of its disk, and
/// [dev.wrenn.host.vmm.VmProcess#resume()] or [dev.wrenn.host.vmm.VmProcess#kill()].
/// [dev.wrenn.host.vmm.Vmm#restore(dev.wrenn.host.vmm.VmSpec, java.nio.file.Path)] makes a stopped
/// VM of the three. Memory that is not QEMU's own comes through ramshim, a library preloaded into
/// it; Firecracker takes and gives memory itself.
@NullMarked
package dev.wrenn.host.vmm;

import org.jspecify.annotations.NullMarked;
