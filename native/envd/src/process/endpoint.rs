//! Our end of a pipe or terminal, without blocking.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use bytes::Bytes;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Most bytes of one read: half of what a pipe holds.
const PIPE_READ: usize = 32 << 10;

/// An end that belongs to this process alone: not inherited, not blocking.
pub struct Endpoint(AsyncFd<OwnedFd>);

impl Endpoint {
    /// Takes `fd`, which will be used in the ways of `interest`.
    pub fn new(fd: OwnedFd, interest: Interest) -> io::Result<Endpoint> {
        fcntl(&fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
        let flags = OFlag::from_bits_retain(fcntl(&fd, FcntlArg::F_GETFL)?);
        fcntl(&fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
        // SAFETY: the descriptor is owned by the AsyncFd and stays the same for as long as it lives.
        let registered = unsafe { AsyncFd::register_with_interest(fd, interest) };
        Ok(Endpoint(registered?))
    }

    /// The next bytes, at most `limit` and 32 KiB; empty at the end. Dropping the future before it
    /// is ready loses nothing.
    pub async fn read(&self, limit: usize) -> io::Result<Bytes> {
        let read = |fd: &OwnedFd| {
            let mut buffer = [0; PIPE_READ];
            let room = &mut buffer[..limit.min(PIPE_READ)];
            match nix::unistd::read(fd, room) {
                Ok(count) => Ok(Bytes::copy_from_slice(&buffer[..count])),
                // How a terminal says that its other side is closed.
                Err(Errno::EIO) => Ok(Bytes::new()),
                Err(errno) => Err(errno.into()),
            }
        };
        self.0.async_io(Interest::READABLE, read).await
    }

    /// Writes all of `bytes`; waits while the other side does not read.
    pub async fn write_all(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let write = |fd: &OwnedFd| Ok(nix::unistd::write(fd, bytes)?);
            let count = self.0.async_io(Interest::WRITABLE, write).await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Bytes that can be read now, as far as the kernel tells.
    pub fn pending(&self) -> usize {
        let mut count: libc::c_int = 0;
        // SAFETY: FIONREAD writes one integer, which lives through the call.
        let result = unsafe { libc::ioctl(self.0.as_raw_fd(), libc::FIONREAD, &raw mut count) };
        if result < 0 {
            return 0;
        }
        usize::try_from(count).unwrap_or_default()
    }

    /// The descriptor, for ioctls.
    pub fn fd(&self) -> &OwnedFd {
        self.0.get_ref()
    }
}
