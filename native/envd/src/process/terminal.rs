//! Pseudo terminals.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::pty::{OpenptyResult, Winsize, openpty};
use nix::unistd::{Uid, fchown};

/// Columns and rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Characters a line.
    pub cols: u16,
    /// Lines.
    pub rows: u16,
}

impl Size {
    /// A size from the wire; what is 0 or too large becomes the usual one.
    pub fn new(cols: u32, rows: u32) -> Size {
        let usable = |n: u32, usual| u16::try_from(n).ok().filter(|n| *n > 0).unwrap_or(usual);
        Size {
            cols: usable(cols, 80),
            rows: usable(rows, 24),
        }
    }

    fn window(self) -> Winsize {
        Winsize {
            ws_row: self.rows,
            ws_col: self.cols,
            ws_xpixel: 0,
            ws_ypixel: 0,
        }
    }
}

/// Opens a terminal for the user `uid`: our side and the side of the process. Neither is inherited.
pub fn open(size: Size, uid: u32) -> io::Result<(OwnedFd, OwnedFd)> {
    let OpenptyResult { master, slave } = openpty(Some(&size.window()), None)?;
    for fd in [&master, &slave] {
        fcntl(fd, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC))?;
    }
    if nix::unistd::geteuid().is_root() {
        fchown(&slave, Some(Uid::from_raw(uid)), None)?;
    }
    Ok((master, slave))
}

/// Tells the terminal and its foreground programs their new size.
pub fn resize(master: &OwnedFd, size: Size) -> io::Result<()> {
    let window = size.window();
    // SAFETY: TIOCSWINSZ reads a winsize, which lives through the call.
    let result = unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ, &raw const window) };
    Ok(Errno::result(result).map(drop)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_without_sense_become_the_usual_one() {
        assert_eq!(Size::new(0, 70_000), Size { cols: 80, rows: 24 });
        assert_eq!(
            Size::new(132, 50),
            Size {
                cols: 132,
                rows: 50
            }
        );
    }
}
