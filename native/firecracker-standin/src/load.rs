//! `PUT /snapshot/load`: memory from a file, or page by page from a pager.

use std::fs::File;
use std::io::{self, Error, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

const USERFAULTFD_IOC_NEW: u64 = 0xAA00; // _IO(0xAA, 0)
const UFFDIO_API: u64 = 0xC018_AA3F; // _IOWR(0xAA, 0x3F, struct uffdio_api)
const UFFDIO_REGISTER: u64 = 0xC020_AA00; // _IOWR(0xAA, 0x00, struct uffdio_register)
const UFFD_API: u64 = 0xAA;
const FEATURE_EVENT_REMOVE: u64 = 1 << 3;
const MODE_MISSING: u64 = 1;

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

/// Empty memory.
pub fn fresh(size: usize) -> io::Result<*mut u8> {
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a new mapping at an address of the kernel's choice.
    let start = unsafe { mmap_anonymous(std::ptr::null_mut(), size, both(), flags) }?;
    Ok(start.cast())
}

/// A private map of a file.
pub fn file(path: &str, size: usize) -> io::Result<*mut u8> {
    let file = File::open(path)?;
    if file.metadata()?.len() != size as u64 {
        return Err(Error::other("the memory file has another size"));
    }
    let flags = MapFlags::PRIVATE | MapFlags::NORESERVE;
    // SAFETY: a new mapping at an address of the kernel's choice.
    let start = unsafe { mmap(std::ptr::null_mut(), size, both(), flags, &file, 0) }?;
    Ok(start.cast())
}

fn both() -> ProtFlags {
    ProtFlags::READ | ProtFlags::WRITE
}

/// Empty memory whose missing pages a pager fills, which listens at `path`.
pub fn pager(path: &str, size: usize) -> io::Result<*mut u8> {
    let start = fresh(size)?;
    let userfault = userfault()?;
    let mut range = Register {
        start: start as u64,
        len: size as u64,
        mode: MODE_MISSING,
        ioctls: 0,
    };
    ioctl(&userfault, UFFDIO_REGISTER, &mut range)?;
    let stream = UnixStream::connect(path)?;
    let regions = serde_json::json!([{
        "base_host_virt_addr": start as u64,
        "size": size,
        "offset": 0,
        "page_size": 4096,
        "page_size_kib": 4096,
    }]);
    let text = regions.to_string();
    let fds = [userfault.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&fds));
    let parts = [IoSlice::new(text.as_bytes())];
    let sent = sendmsg(&stream, &parts, &mut control, SendFlags::NOSIGNAL)?;
    if sent != text.len() {
        return Err(Error::other("the handshake was cut"));
    }
    // both stay open as long as the process, as in Firecracker
    std::mem::forget((stream, userfault));
    Ok(start)
}

fn userfault() -> io::Result<OwnedFd> {
    let device = File::options()
        .read(true)
        .write(true)
        .open("/dev/userfaultfd")?;
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK;
    // SAFETY: an ioctl with a number on a live descriptor.
    let fd = unsafe { libc::ioctl(device.as_raw_fd(), USERFAULTFD_IOC_NEW, flags) };
    if fd < 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: `fd` was opened just now and nobody else has it.
    let userfault = unsafe { OwnedFd::from_raw_fd(fd) };
    let mut api = Api {
        api: UFFD_API,
        features: FEATURE_EVENT_REMOVE,
        ioctls: 0,
    };
    ioctl(&userfault, UFFDIO_API, &mut api)?;
    Ok(userfault)
}

fn ioctl<T>(fd: &OwnedFd, request: u64, argument: &mut T) -> io::Result<()> {
    // SAFETY: `argument` has the layout that `request` reads and writes, and outlives the call.
    match unsafe { libc::ioctl(fd.as_raw_fd(), request, std::ptr::from_mut(argument)) } {
        0.. => Ok(()),
        _ => Err(Error::last_os_error()),
    }
}
