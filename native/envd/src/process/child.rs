//! What happens between fork and exec.

use std::ffi::CString;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use nix::errno::Errno;
use nix::unistd::{Gid, Uid};

use crate::users::User;

/// Soft limit of open files, systemd's figure: programs that use select(2) break beyond it, and
/// those that need more raise it themselves.
const OPEN_FILES: libc::rlim_t = 1024;
/// Programs go before the agent when memory is short.
const OOM_SCORE: &[u8] = b"100";

/// Everything that [`ChildSetup::enter`] needs, allocated before the fork.
pub struct ChildSetup {
    /// Ids to take on; `None` when they are those of this process and cannot be changed.
    ids: Option<(Uid, Gid, Vec<Gid>)>,
    folder: CString,
    terminal: bool,
}

impl ChildSetup {
    pub fn new(user: &User, folder: &Path, terminal: bool) -> io::Result<ChildSetup> {
        let own = nix::unistd::geteuid();
        let ids = match !own.is_root() && own.as_raw() == user.uid {
            true => None,
            false => Some((
                Uid::from_raw(user.uid),
                Gid::from_raw(user.gid),
                user.groups.iter().copied().map(Gid::from_raw).collect(),
            )),
        };
        Ok(ChildSetup {
            ids,
            folder: CString::new(folder.as_os_str().as_bytes())?,
            terminal,
        })
    }

    /// Runs in the child: own session and group, terminal, limits, user, folder. Only system
    /// calls, because other threads may have held any lock at the fork.
    pub fn enter(&mut self) -> io::Result<()> {
        nix::unistd::setsid()?;
        if self.terminal {
            // SAFETY: takes an integer; descriptor 0 is the terminal.
            Errno::result(unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) })?;
        }
        limit_files();
        score();
        // SAFETY: takes integers. An unprivileged agent that is itself niced may not undo it.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 0) };
        if let Some((uid, gid, groups)) = &self.ids {
            nix::unistd::setgroups(groups)?;
            nix::unistd::setgid(*gid)?;
            nix::unistd::setuid(*uid)?;
        }
        // SAFETY: `folder` is a string that ends with zero and lives through the call.
        Errno::result(unsafe { libc::chdir(self.folder.as_ptr()) })?;
        Ok(())
    }
}

fn limit_files() {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: both calls get a live rlimit.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = OPEN_FILES.min(limit.rlim_max);
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

fn score() {
    let path = c"/proc/self/oom_score_adj";
    // SAFETY: a constant path and a constant buffer; the descriptor is closed at once.
    unsafe {
        let fd = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if fd >= 0 {
            libc::write(fd, OOM_SCORE.as_ptr().cast(), OOM_SCORE.len());
            libc::close(fd);
        }
    }
}
