//! Limits, user and capabilities.

use libc::{
    PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, RLIM_INFINITY, RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_NOFILE,
    RLIMIT_NPROC, c_ulong, rlim_t, rlimit,
};

use crate::plan::Plan;
use crate::syscalls::{check, prctl};

/// 32 virtual processors, 64 threads for a disk, and as many again.
const MOST_THREADS: rlim_t = 256;

/// What is inherited, and what a VMM makes for its threads and timers.
const MOST_DESCRIPTORS: rlim_t = 512;

/// Linux, <linux/capability.h>: _LINUX_CAPABILITY_VERSION_3, two words of each set.
const CAPABILITY_VERSION: u32 = 0x2008_0522;

/// Kernels have fewer; the first one they do not know ends the search.
const CAPABILITIES: c_ulong = 64;

/// No memory of the guest in core dumps; the number of threads counts for the user id, which is
/// this VM's alone.
pub fn limit(plan: &Plan) -> Result<(), String> {
    for (resource, most) in [
        (RLIMIT_CORE, 0),
        (RLIMIT_NPROC, MOST_THREADS),
        (RLIMIT_NOFILE, MOST_DESCRIPTORS),
        (RLIMIT_FSIZE, plan.file_bytes.unwrap_or(RLIM_INFINITY)),
    ] {
        let limit = rlimit {
            rlim_cur: most,
            rlim_max: most,
        };
        // SAFETY: a live structure of the type that the call takes.
        let result = unsafe { libc::setrlimit(resource, &raw const limit) };
        check(i64::from(result), || format!("limit {resource}"))?;
    }
    Ok(())
}

/// Becomes the user, with nothing to become another one by.
pub fn drop(plan: &Plan) -> Result<(), String> {
    for capability in 0..CAPABILITIES {
        if prctl(PR_CAPBSET_DROP, capability) < 0 {
            // EINVAL is the end of the list; dropping needs a right that root in a cell may lack
            let error = std::io::Error::last_os_error();
            if error.raw_os_error() == Some(libc::EINVAL) {
                break;
            }
            return Err(format!("bounding set: {error}"));
        }
    }
    let groups: Vec<libc::gid_t> = plan.group.into_iter().collect();
    // SAFETY: a live array with its length.
    let result = unsafe { libc::setgroups(groups.len(), groups.as_ptr()) };
    check(i64::from(result), || "groups".to_string())?;
    let id = plan.uid;
    // SAFETY: no pointers.
    let result = unsafe { libc::setresgid(id, id, id) };
    check(i64::from(result), || "group id".to_string())?;
    // SAFETY: no pointers.
    let result = unsafe { libc::setresuid(id, id, id) };
    check(i64::from(result), || "user id".to_string())?;
    no_capabilities()?;
    check(prctl(PR_SET_NO_NEW_PRIVS, 1), || "no_new_privs".to_string()).map(std::mem::drop)
}

/// Also the inheritable ones, which leaving root's id does not clear.
fn no_capabilities() -> Result<(), String> {
    let header: [u32; 2] = [CAPABILITY_VERSION, 0];
    let sets = [0_u32; 6]; // twice effective, permitted, inheritable
    // SAFETY: the structures of capset(2) are words, and both arrays outlive the call.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), sets.as_ptr()) };
    check(result, || "capabilities".to_string()).map(std::mem::drop)
}
