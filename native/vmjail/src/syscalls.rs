//! The calls that this program makes, with their failures in words.

use std::ffi::{CStr, CString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use libc::{c_char, c_int, c_ulong, c_void};

/// What a call returned, or what it was about and why it failed.
pub fn check(result: i64, what: impl FnOnce() -> String) -> Result<i64, String> {
    if result < 0 {
        let error = io::Error::last_os_error();
        return Err(format!("{}: {error}", what()));
    }
    Ok(result)
}

/// A path as the kernel takes it.
pub fn text(path: &Path) -> Result<CString, String> {
    CString::new(path.as_os_str().as_bytes()).map_err(|_| format!("{path:?}: a zero byte"))
}

/// mount(2).
pub fn mount(
    source: Option<&CStr>,
    target: &CStr,
    kind: Option<&CStr>,
    flags: c_ulong,
    data: Option<&CStr>,
) -> Result<(), String> {
    let pointer = |text: Option<&CStr>| text.map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: every pointer is null or a C string that outlives the call.
    let result = unsafe {
        libc::mount(
            pointer(source),
            target.as_ptr(),
            pointer(kind),
            flags,
            pointer(data).cast::<c_void>(),
        )
    };
    check(i64::from(result), || format!("mount {target:?}")).map(drop)
}

/// prctl(2) with numbers only.
pub fn prctl(option: c_int, argument: c_ulong) -> i64 {
    // SAFETY: the options used here take no pointers, and unused arguments are zero as some demand.
    i64::from(unsafe { libc::prctl(option, argument, 0, 0, 0) })
}

/// execve(2) with this process's environment.
///
/// Returns why it failed: there is nothing to return to otherwise.
pub fn become_program(command: &[CString]) -> String {
    let mut arguments: Vec<*const c_char> = command.iter().map(|word| word.as_ptr()).collect();
    arguments.push(ptr::null());
    let Some(program) = command.first() else {
        return "no program is named".to_string();
    };
    // SAFETY: a null-terminated array of C strings, all of which outlive the call.
    unsafe { libc::execv(program.as_ptr(), arguments.as_ptr()) };
    format!("{program:?}: {}", io::Error::last_os_error())
}
