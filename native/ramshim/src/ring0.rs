//! The system calls behind the functions this library stands in for.

use std::io::{Error, Result};

use libc::{
    MAP_FAILED, MAP_FIXED, MAP_NORESERVE, MAP_PRIVATE, PROT_READ, PROT_WRITE, SYS_madvise,
    SYS_mmap, c_int, c_void, off_t,
};

/// mmap(2) itself.
///
/// # Safety
/// As mmap(2).
pub unsafe fn mmap(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off_t,
) -> *mut c_void {
    // SAFETY: the arguments are the caller's; libc::syscall sets errno as the function would.
    unsafe {
        libc::syscall(SYS_mmap, address, length, protection, flags, fd, offset) as *mut c_void
    }
}

/// madvise(2) itself.
///
/// # Safety
/// As madvise(2).
pub unsafe fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int {
    // SAFETY: the arguments are the caller's.
    unsafe { libc::syscall(SYS_madvise, address, length, advice) as c_int }
}

/// Lays a private mapping of a file over a mapping that is there already.
pub fn map_private(start: *mut c_void, length: usize, fd: c_int) -> Result<()> {
    let flags = MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE;
    // SAFETY: `start..start+length` was just mapped by the caller for exactly this use and nothing
    // points into it yet.
    let mapped = unsafe { mmap(start, length, PROT_READ | PROT_WRITE, flags, fd, 0) };
    if mapped == MAP_FAILED {
        return Err(Error::last_os_error());
    }
    Ok(())
}
