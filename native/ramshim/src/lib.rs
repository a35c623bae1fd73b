//! `libramshim.so`, preloaded into QEMU by the host agent.
//!
//! QEMU has no notion of guest memory that comes from somewhere else page by page, or of a list of
//! the pages written since a moment. The kernel has both (userfaultfd(2)), and all that it takes is
//! to be in the process when the guest's RAM is mapped. This library is: it stands in for `mmap`,
//! lets every call through, and treats one mapping specially, the first fixed, readable and writable
//! one of exactly the guest's size. Depending on `RAMSHIM_MODE` that mapping
//!
//! - `track`: stays anonymous, and the kernel notes which pages are written (write-protect, async);
//! - `file`: becomes a private mapping of a descriptor that may be read-only, tracked as well;
//! - `uffd`: stays anonymous and empty; its faults go to the pager, which gets the userfaultfd by the
//!   handshake Firecracker speaks: one JSON array of regions with the descriptor as ancillary data.
//!
//! It makes no thread, keeps no lock and allocates nothing after that. Every descriptor comes by
//! number from the environment, so that the VMM needs no path and no privilege:
//!
//! | variable | meaning |
//! |---|---|
//! | `RAMSHIM_SIZE` | bytes of guest RAM |
//! | `RAMSHIM_MODE` | `track`, `file` or `uffd` |
//! | `RAMSHIM_UFFD_DEV_FD` | an open `/dev/userfaultfd`; without it userfaultfd(2) is called |
//! | `RAMSHIM_MEM_FD` | `file`: the memory image |
//! | `RAMSHIM_SOCK_FD` | `uffd`: a connected Unix stream socket |
//! | `RAMSHIM_REPORT_FD` | where to write one line of JSON about the mapping |
//!
//! When the mode asks for pages from elsewhere and that cannot be had, the process ends with status
//! 97: a guest on the wrong memory is worse than none. When only tracking cannot be had, the report
//! says so and the VM runs.

mod report;
mod ring0;
mod settings;
mod uffd;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use libc::{MADV_HUGEPAGE, MAP_FAILED, MAP_FIXED, PROT_READ, PROT_WRITE, c_int, c_void, off_t};

use settings::{Mode, Settings};

/// Exit status of a VMM that could not get its memory.
const NO_MEMORY_SOURCE: c_int = 97;

static TAKEN: AtomicBool = AtomicBool::new(false);
static RAM_START: AtomicUsize = AtomicUsize::new(0);
static RAM_SIZE: AtomicUsize = AtomicUsize::new(0);

/// Stands in for mmap(2).
///
/// # Safety
/// As mmap(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off_t,
) -> *mut c_void {
    // SAFETY: the caller's contract is mmap's, and the arguments go through unchanged.
    let mapped = unsafe { ring0::mmap(address, length, protection, flags, fd, offset) };
    let candidate = mapped != MAP_FAILED
        && flags & MAP_FIXED != 0
        && protection == PROT_READ | PROT_WRITE
        && !TAKEN.load(Ordering::Relaxed);
    if candidate {
        take(mapped, length);
    }
    mapped
}

/// Stands in for mmap64, which on x86-64 is the same call.
///
/// # Safety
/// As mmap(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mmap64(
    address: *mut c_void,
    length: usize,
    protection: c_int,
    flags: c_int,
    fd: c_int,
    offset: off_t,
) -> *mut c_void {
    // SAFETY: as above.
    unsafe { mmap(address, length, protection, flags, fd, offset) }
}

/// Stands in for madvise(2): huge pages on guest RAM would make one written byte cost 2 MiB in every
/// snapshot.
///
/// # Safety
/// As madvise(2).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn madvise(address: *mut c_void, length: usize, advice: c_int) -> c_int {
    let start = RAM_START.load(Ordering::Relaxed);
    let size = RAM_SIZE.load(Ordering::Relaxed);
    let inside = start != 0 && (address as usize) >= start && (address as usize) < start + size;
    if advice == MADV_HUGEPAGE && inside {
        return 0;
    }
    // SAFETY: the caller's contract is madvise's, and the arguments go through unchanged.
    unsafe { ring0::madvise(address, length, advice) }
}

/// Claims the mapping when it is the guest's RAM and sets it up as the environment says.
fn take(start: *mut c_void, length: usize) {
    let Some(settings) = Settings::from_environment() else {
        return;
    };
    if settings.size != length || TAKEN.swap(true, Ordering::Relaxed) {
        return;
    }
    RAM_START.store(start as usize, Ordering::Relaxed);
    RAM_SIZE.store(length, Ordering::Relaxed);
    let tracking = match settings.mode {
        Mode::Track => uffd::track(&settings, start, length),
        Mode::File { memory } => {
            if let Err(error) = ring0::map_private(start, length, memory) {
                give_up("map the memory image", &error);
            }
            uffd::track(&settings, start, length)
        }
        Mode::Uffd { socket } => match uffd::serve(&settings, socket, start, length) {
            Ok(tracking) => tracking,
            Err(error) => give_up("hand guest memory to the pager", &error),
        },
    };
    report::write(&settings, start as usize, length, tracking);
}

fn give_up(what: &str, error: &std::io::Error) -> ! {
    eprintln!("ramshim: cannot {what}: {error}");
    // SAFETY: _exit(2) does not return and runs no handlers.
    unsafe { libc::_exit(NO_MEMORY_SOURCE) }
}
