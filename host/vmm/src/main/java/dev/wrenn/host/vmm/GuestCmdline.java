package dev.wrenn.host.vmm;

/// What the kernel of each guest is told, whoever runs it: Linux,
/// Documentation/admin-guide/kernel-parameters.txt.
final class GuestCmdline {
    /// A panic reboots at once, which ends the VM. Mitigations guard against other code inside the
    /// same guest, where all code is one tenant's. Of the kernel's security modules TOMOYO is left
    /// out: without a policy, which no guest has, it only looks at each open.
    static final String COMMON =
            "console=ttyS0 panic=-1 mitigations=off init_on_alloc=0 random.trust_cpu=on"
                    + " cryptomgr.notests lsm=lockdown,landlock,yama,apparmor,bpf"
                    + " wrenn.root=/dev/vda rw ";

    private GuestCmdline() {}
}
