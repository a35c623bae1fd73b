/// The virtual machine monitor behind one port, and QEMU as its first implementation.
///
/// [dev.wrenn.host.vmm.Vmm] boots and adopts; [dev.wrenn.host.vmm.VmProcess] is one running VM,
/// which outlives the agent: what must be kept to find it again is its
/// [dev.wrenn.host.vmm.VmRecord]. A VMM runs under its own user id, with no_new_privs, without
/// capabilities, under seccomp, in namespaces of its own, and holds only the descriptors it was
/// given. `accel=auto` boots the real kernel under KVM once and falls back to emulation with a
/// reason.
@NullMarked
package dev.wrenn.host.vmm;

import org.jspecify.annotations.NullMarked;
