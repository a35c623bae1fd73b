//! userfaultfd(2): write tracking, and the hand-over of missing pages to the pager.
//!
//! Numbers from `<linux/userfaultfd.h>`, Linux 6.7 and newer for asynchronous write protection.

use std::io::{Error, Result};

use libc::{MADV_NOHUGEPAGE, O_CLOEXEC, O_NONBLOCK, SYS_userfaultfd, c_int, c_void};

use crate::ring0;
use crate::settings::Settings;

const UFFD_API: u64 = 0xAA;
const USERFAULTFD_IOC_NEW: u64 = 0xAA00; // _IO(0xAA, 0)
const UFFDIO_API: u64 = 0xC018_AA3F; // _IOWR(0xAA, 0x3F, struct uffdio_api)
const UFFDIO_REGISTER: u64 = 0xC020_AA00; // _IOWR(0xAA, 0x00, struct uffdio_register)
const FEATURE_PAGEFAULT_FLAG_WP: u64 = 1;
const FEATURE_EVENT_REMOVE: u64 = 1 << 3;
const FEATURE_WP_UNPOPULATED: u64 = 1 << 13;
const FEATURE_WP_ASYNC: u64 = 1 << 15;
const MODE_MISSING: u64 = 1;
const MODE_WP: u64 = 2;
const TRACKING: u64 = FEATURE_PAGEFAULT_FLAG_WP | FEATURE_WP_UNPOPULATED | FEATURE_WP_ASYNC;

#[repr(C)]
struct Api {
    api: u64,
    features: u64,
    ioctls: u64,
}

#[repr(C)]
struct Register {
    start: u64,
    len: u64,
    mode: u64,
    ioctls: u64,
}

/// Arms write tracking; false where the kernel cannot.
pub fn track(settings: &Settings, start: *mut c_void, length: usize) -> bool {
    // The descriptor stays open as long as the process: closing it would end the tracking.
    let Ok(fd) = open(settings, TRACKING) else {
        return false;
    };
    if register(fd, start, length, MODE_WP).is_ok() {
        return true;
    }
    close(fd);
    false
}

/// Registers missing pages (and tracking, where there is any) and hands the descriptor to the pager.
///
/// @returns whether writes are tracked
pub fn serve(
    settings: &Settings,
    socket: c_int,
    start: *mut c_void,
    length: usize,
) -> Result<bool> {
    let (fd, tracking) = match open(settings, FEATURE_EVENT_REMOVE | TRACKING) {
        Ok(fd) => (fd, true),
        Err(_) => (open(settings, FEATURE_EVENT_REMOVE)?, false),
    };
    // SAFETY: the range is guest RAM; huge pages would be filled by one fault.
    unsafe { ring0::madvise(start, length, MADV_NOHUGEPAGE) };
    let mode = if tracking {
        MODE_MISSING | MODE_WP
    } else {
        MODE_MISSING
    };
    register(fd, start, length, mode)?;
    send(socket, &handshake(start as usize, length), fd)?;
    Ok(tracking)
}

/// Firecracker's message; sizes are bytes, also the deprecated `page_size_kib`.
fn handshake(start: usize, length: usize) -> String {
    format!(
        "[{{\"base_host_virt_addr\":{start},\"size\":{length},\"offset\":0,\"page_size\":4096,\"page_size_kib\":4096}}]"
    )
}

fn open(settings: &Settings, features: u64) -> Result<c_int> {
    let flags = O_CLOEXEC | O_NONBLOCK;
    let fd = match settings.device {
        // SAFETY: an ioctl without a pointer argument on the agent's descriptor.
        Some(device) => unsafe { libc::ioctl(device, USERFAULTFD_IOC_NEW, flags) },
        // SAFETY: a system call without pointers.
        None => unsafe { libc::syscall(SYS_userfaultfd, flags) as c_int },
    };
    if fd < 0 {
        return Err(Error::last_os_error());
    }
    let mut api = Api {
        api: UFFD_API,
        features,
        ioctls: 0,
    };
    // SAFETY: `api` has the layout the kernel expects and outlives the call.
    if unsafe { libc::ioctl(fd, UFFDIO_API, &mut api) } < 0 {
        let error = Error::last_os_error();
        close(fd);
        return Err(error);
    }
    Ok(fd)
}

fn register(fd: c_int, start: *mut c_void, length: usize, mode: u64) -> Result<()> {
    let mut range = Register {
        start: start as u64,
        len: length as u64,
        mode,
        ioctls: 0,
    };
    // SAFETY: `range` has the layout the kernel expects and outlives the call; the range is mapped.
    if unsafe { libc::ioctl(fd, UFFDIO_REGISTER, &mut range) } < 0 {
        return Err(Error::last_os_error());
    }
    Ok(())
}

fn close(fd: c_int) {
    // SAFETY: the descriptor is ours and not used again.
    unsafe { libc::close(fd) };
}

/// One message with one descriptor as ancillary data (unix(7), SCM_RIGHTS).
fn send(socket: c_int, text: &str, fd: c_int) -> Result<()> {
    let mut part = libc::iovec {
        iov_base: text.as_ptr().cast_mut().cast(),
        iov_len: text.len(),
    };
    let mut control = [0u64; 4]; // aligned as cmsghdr wants it; CMSG_SPACE(4) is 24
    // SAFETY: zeroed, a msghdr is a valid empty message.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    // SAFETY: CMSG_SPACE only computes.
    message.msg_controllen = unsafe { libc::CMSG_SPACE(size_of::<c_int>() as u32) } as usize;
    // SAFETY: `control` has room for one header with one descriptor, as controllen says.
    unsafe {
        let header = libc::CMSG_FIRSTHDR(&message);
        (*header).cmsg_level = libc::SOL_SOCKET;
        (*header).cmsg_type = libc::SCM_RIGHTS;
        (*header).cmsg_len = libc::CMSG_LEN(size_of::<c_int>() as u32) as usize;
        std::ptr::write_unaligned(libc::CMSG_DATA(header).cast::<c_int>(), fd);
    }
    // SAFETY: the message and everything it points to outlive the call.
    let sent = unsafe { libc::sendmsg(socket, &message, libc::MSG_NOSIGNAL) };
    if sent < 0 {
        return Err(Error::last_os_error());
    }
    if sent as usize != text.len() {
        return Err(Error::other("the handshake was cut"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structures_have_the_sizes_in_their_numbers() {
        assert_eq!(size_of::<Api>() as u64, (UFFDIO_API >> 16) & 0x3FFF);
        assert_eq!(
            size_of::<Register>() as u64,
            (UFFDIO_REGISTER >> 16) & 0x3FFF
        );
    }

    #[test]
    fn the_handshake_is_the_one_pagers_know() {
        assert_eq!(
            handshake(140_120_000_000_000, 268_435_456),
            "[{\"base_host_virt_addr\":140120000000000,\"size\":268435456,\"offset\":0,\"page_size\":4096,\"page_size_kib\":4096}]"
        );
    }
}
