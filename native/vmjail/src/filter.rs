//! A filter of system calls, seccomp(2): what no VMM needs after its start and what attacks on
//! kernels are made of. It says no with EPERM, so that a library that tries can go on; calls of
//! another architecture end the process. A VMM adds its own, narrower one.

use libc::{
    AF_UNIX, BPF_ABS, BPF_JEQ, BPF_JGE, BPF_JMP, BPF_JSET, BPF_K, BPF_LD, BPF_RET, BPF_W,
    CLONE_NEWUSER, ENOSYS, EPERM, SECCOMP_MODE_FILTER, SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO,
    SECCOMP_RET_KILL_PROCESS, c_long, sock_filter, sock_fprog,
};

use crate::syscalls::check;

/// AUDIT_ARCH_X86_64, <linux/audit.h>.
const ARCHITECTURE: u32 = 0xC000_003E;

/// Numbers from here on are of the x32 interface, <asm/unistd.h>.
const X32: u32 = 0x4000_0000;

// Offsets in struct seccomp_data, <linux/seccomp.h>.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const FIRST_ARGUMENT: u32 = 16;

/// In groups: other processes, mounts and namespaces, the kernel itself, keys, interfaces with a
/// history of holes.
const REFUSED: [c_long; 42] = [
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_kcmp,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_process_madvise,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_fsopen,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    libc::SYS_name_to_handle_at,
    libc::SYS_mknod,
    libc::SYS_mknodat,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
];

/// Sets the filter for this process and what it becomes; needs `no_new_privs`.
pub fn install(unix_only: bool) -> Result<(), String> {
    let mut program = program(unix_only);
    let description = sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    let mode = SECCOMP_MODE_FILTER as libc::c_ulong;
    // SAFETY: the kernel copies the program, which is alive and as long as described.
    let result = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const description, 0, 0) };
    check(i64::from(result), || "system call filter".to_string()).map(drop)
}

fn program(unix_only: bool) -> Vec<sock_filter> {
    let refuse = step(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM as u32);
    let mut all = vec![
        load(ARCH),
        jump(BPF_JEQ, ARCHITECTURE, 1, 0),
        step(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        load(NUMBER),
        jump(BPF_JGE, X32, 0, 1),
        step(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    ];
    for call in REFUSED {
        all.push(jump(BPF_JEQ, call as u32, 0, 1));
        all.push(refuse);
    }
    if unix_only {
        // in a namespace with a network card, nothing but the tap is for the VMM
        all.push(jump(BPF_JEQ, libc::SYS_socket as u32, 0, 4));
        all.push(load(FIRST_ARGUMENT));
        all.push(jump(BPF_JEQ, AF_UNIX as u32, 0, 1));
        all.push(step(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
        all.push(refuse);
    }
    // its flags are behind a pointer; without it libraries use clone
    all.push(jump(BPF_JEQ, libc::SYS_clone3 as u32, 0, 1));
    all.push(step(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS as u32));
    // a user namespace would bring all capabilities back, over itself
    all.push(jump(BPF_JEQ, libc::SYS_clone as u32, 0, 3));
    all.push(load(FIRST_ARGUMENT));
    all.push(jump(BPF_JSET, CLONE_NEWUSER as u32, 0, 1));
    all.push(refuse);
    all.push(step(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    all
}

/// Loads a word of what the kernel tells of the call.
fn load(offset: u32) -> sock_filter {
    step(BPF_LD | BPF_W | BPF_ABS, offset)
}

fn step(code: u32, value: u32) -> sock_filter {
    jump_code(code, value, 0, 0)
}

/// Skips so many steps when the comparison holds, or does not.
fn jump(comparison: u32, value: u32, when_true: u8, when_false: u8) -> sock_filter {
    jump_code(BPF_JMP | comparison | BPF_K, value, when_true, when_false)
}

fn jump_code(code: u32, value: u32, when_true: u8, when_false: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt: when_true,
        jf: when_false,
        k: value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the filter returns, by the rules of the kernel's interpreter as far as it uses them.
    fn judge(architecture: u32, number: u32, argument: u32) -> u32 {
        run(&program(false), architecture, number, argument)
    }

    fn run(program: &[sock_filter], architecture: u32, number: u32, argument: u32) -> u32 {
        let (mut at, mut word) = (0, 0);
        loop {
            let step = program[at];
            at += 1;
            let code = u32::from(step.code);
            if code == BPF_RET | BPF_K {
                return step.k;
            }
            if code == BPF_LD | BPF_W | BPF_ABS {
                word = match step.k {
                    ARCH => architecture,
                    NUMBER => number,
                    _ => argument,
                };
                continue;
            }
            let holds = match code & 0xf0 {
                BPF_JEQ => word == step.k,
                BPF_JGE => word >= step.k,
                _ => word & step.k != 0,
            };
            at += usize::from(if holds { step.jt } else { step.jf });
        }
    }

    #[test]
    fn refuses_what_it_lists_and_nothing_else() {
        for call in REFUSED {
            let verdict = judge(ARCHITECTURE, call as u32, 0);
            assert_eq!(verdict, SECCOMP_RET_ERRNO | EPERM as u32, "{call}");
        }
        for call in [
            libc::SYS_read,
            libc::SYS_execve,
            libc::SYS_ioctl,
            libc::SYS_futex,
        ] {
            assert_eq!(
                judge(ARCHITECTURE, call as u32, u32::MAX),
                SECCOMP_RET_ALLOW
            );
        }
    }

    #[test]
    fn threads_are_made_and_user_namespaces_are_not() {
        let clone = libc::SYS_clone as u32;
        let thread = (libc::CLONE_VM | libc::CLONE_THREAD) as u32;
        assert_eq!(judge(ARCHITECTURE, clone, thread), SECCOMP_RET_ALLOW);
        let space = thread | CLONE_NEWUSER as u32;
        assert_eq!(
            judge(ARCHITECTURE, clone, space),
            SECCOMP_RET_ERRNO | EPERM as u32
        );
        let newer = judge(ARCHITECTURE, libc::SYS_clone3 as u32, 0);
        assert_eq!(newer, SECCOMP_RET_ERRNO | ENOSYS as u32);
    }

    #[test]
    fn sockets_are_of_the_unix_kind_where_it_is_asked_for() {
        let socket = libc::SYS_socket as u32;
        let narrow = program(true);
        for kind in [
            libc::AF_INET,
            libc::AF_INET6,
            libc::AF_PACKET,
            libc::AF_NETLINK,
        ] {
            let verdict = run(&narrow, ARCHITECTURE, socket, kind as u32);
            assert_eq!(verdict, SECCOMP_RET_ERRNO | EPERM as u32, "{kind}");
            assert_eq!(judge(ARCHITECTURE, socket, kind as u32), SECCOMP_RET_ALLOW);
        }
        for (call, argument) in [(socket, AF_UNIX as u32), (libc::SYS_read as u32, 2)] {
            assert_eq!(
                run(&narrow, ARCHITECTURE, call, argument),
                SECCOMP_RET_ALLOW
            );
        }
    }

    #[test]
    fn other_architectures_end_the_process() {
        assert_eq!(judge(0x4000_0003, 0, 0), SECCOMP_RET_KILL_PROCESS); // AUDIT_ARCH_I386
        assert_eq!(judge(ARCHITECTURE, X32 + 1, 0), SECCOMP_RET_KILL_PROCESS);
    }
}
