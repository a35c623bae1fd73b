//! The duties of the first process of a machine, from the initramfs to a system that can run
//! programs.
//!
//! 1. proc, sys, dev; the kernel command line; modules;
//! 2. the root device becomes `/`. The program goes on where it is: it is static and its pages
//!    outlive the initramfs, so a second `exec` would only cost time;
//! 3. the other mounts, network, host name, name servers, limits.
//!
//! A failure ends the machine: its host sees the exit and finds the cause on the console.

pub mod cmdline;
mod modules;
mod mounts;
mod network;
pub mod power;

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use thiserror::Error;

use crate::guest::identity;
use cmdline::Cmdline;

/// Most open files of envd, and the hard limit of all programs (systemd's figure).
const OPEN_FILES: u64 = 524_288;

/// Kernel housekeeping that wakes an idle machine many times a second and gains nothing in one that
/// lives on a host with hundreds like it: proactive compaction (twice a second), the counters of
/// the virtual memory (once a second) and the lock-up watchdog. Kernel documentation, sysctl/vm.rst
/// and sysctl/kernel.rst.
const QUIET_KERNEL: [(&str, &str); 3] = [
    ("/proc/sys/vm/compaction_proactiveness", "0"),
    ("/proc/sys/vm/stat_interval", "60"),
    ("/proc/sys/kernel/watchdog", "0"),
];

/// Why the machine cannot be used.
#[derive(Debug, Error)]
pub enum BootError {
    /// A file system could not be mounted or moved.
    #[error("mount {0:?}: {1}")]
    Mount(PathBuf, Errno),
    /// A kernel module was refused.
    #[error("module {0}: {1}")]
    Module(String, Errno),
    /// The root device did not appear.
    #[error("no device {0:?}")]
    NoDevice(PathBuf),
    /// The command line names no root device.
    #[error("the kernel command line has no wrenn.root")]
    NoRoot,
    /// The root device could not become `/`.
    #[error("switch root: {0}")]
    SwitchRoot(Errno),
    /// A step of the network failed.
    #[error("network: {0}: {1}")]
    Network(&'static str, Errno),
    /// A file could not be read or written.
    #[error("{0:?}: {1}")]
    File(PathBuf, std::io::Error),
}

/// Takes the machine from the initramfs to a running system, and says what the host told it.
pub fn start() -> Result<Cmdline, BootError> {
    mounts::first()?;
    attach_console();
    let path = Path::new("/proc/cmdline");
    let text = std::fs::read_to_string(path).map_err(|e| BootError::File(path.into(), e))?;
    let cmdline = Cmdline::parse(&text);
    modules::load(Path::new("/modules"))?;
    let root = cmdline.root.as_deref().ok_or(BootError::NoRoot)?;
    mounts::switch_root(root)?;
    mounts::later()?;
    network::bring_up(cmdline.network.as_ref())?;
    settle(&cmdline);
    Ok(cmdline)
}

/// Things that a machine can do without; what fails is said on the console.
fn settle(cmdline: &Cmdline) {
    if let Err(e) = identity::set_hostname(Path::new("/"), identity::DEFAULT_HOSTNAME) {
        crate::note!("host name: {e}");
    }
    if let Err(e) = identity::write_name_servers(Path::new("/"), &cmdline.dns) {
        crate::note!("name servers: {e}");
    }
    if let Err(errno) = setrlimit(Resource::RLIMIT_NOFILE, OPEN_FILES, OPEN_FILES) {
        crate::note!("open files: {errno}");
    }
    for (file, value) in QUIET_KERNEL {
        match std::fs::write(file, value) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => crate::note!("{file}: {e}"),
            _ => {}
        }
    }
    // Never the victim when memory is short.
    if let Err(e) = std::fs::write("/proc/self/oom_score_adj", "-1000") {
        crate::note!("oom_score_adj: {e}");
    }
}

/// Standard streams on the console. The kernel does this only if the initramfs has the device.
fn attach_console() {
    let console = OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(libc::O_NOCTTY)
        .open("/dev/console");
    if let Ok(console) = console {
        let _ = nix::unistd::dup2_stdin(&console);
        let _ = nix::unistd::dup2_stdout(&console);
        let _ = nix::unistd::dup2_stderr(&console);
    }
}
