//! The one place that starts and reaps processes. As first process of a machine envd inherits all
//! orphans, so it reaps whatever ends; reaping and signalling share a lock, so that a signal never
//! reaches a stranger who got the number of a process that has ended.

use std::collections::HashMap;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::Mutex;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::sync::lock;

/// The processes that were started here and not reaped yet, by pid.
#[derive(Default)]
pub struct Children {
    waiting: Mutex<HashMap<i32, oneshot::Sender<ExitStatus>>>,
}

impl Children {
    /// Starts `command`; the receiver gets the status when it has ended.
    pub fn spawn(&self, command: &mut Command) -> io::Result<(u32, oneshot::Receiver<ExitStatus>)> {
        let mut waiting = lock(&self.waiting);
        let child = command.spawn()?;
        let (ended, status) = oneshot::channel();
        let pid = child.id();
        waiting.insert(pid as i32, ended);
        Ok((pid, status))
    }

    /// Signals the process group of `pid`; false when that process has ended.
    pub fn signal_group(&self, pid: u32, signal: Signal) -> bool {
        let waiting = lock(&self.waiting);
        let pid = pid as i32;
        waiting.contains_key(&pid) && killpg(Pid::from_raw(pid), signal).is_ok()
    }

    /// Kills every group that is left.
    pub fn kill_all(&self) {
        for pid in lock(&self.waiting).keys() {
            let _ = killpg(Pid::from_raw(*pid), Signal::SIGKILL);
        }
    }

    /// Reaps for ever: once now, then at each SIGCHLD.
    pub async fn reap_forever(&self) -> io::Result<()> {
        let mut ended = signal(SignalKind::child())?;
        loop {
            self.reap();
            if ended.recv().await.is_none() {
                return Ok(());
            }
        }
    }

    fn reap(&self) {
        let mut waiting = lock(&self.waiting);
        while let Some((pid, status)) = wait_any() {
            if let Some(ended) = waiting.remove(&pid) {
                // Nobody waits any more when the whole agent is about to end.
                let _ = ended.send(status);
            }
        }
    }
}

/// One child that has ended, orphans included. Not nix's waitpid, which fails after it has reaped a
/// child that a real-time signal killed.
fn wait_any() -> Option<(i32, ExitStatus)> {
    loop {
        let mut status = 0;
        // SAFETY: `status` is a live integer that the call writes.
        let pid = unsafe { libc::waitpid(-1, &raw mut status, libc::WNOHANG) };
        match Errno::result(pid) {
            Ok(0) => return None,
            Ok(pid) => return Some((pid, ExitStatus::from_raw(status))),
            Err(Errno::EINTR) => {}
            Err(_no_children) => return None,
        }
    }
}
