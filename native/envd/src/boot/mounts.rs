//! File systems: the first ones, the step onto the root device, and those of a running system.

use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::mount::{MsFlags, mount};
use nix::unistd::{chdir, chroot};

use super::BootError;

/// Where the root device is mounted before it becomes `/`.
const NEW_ROOT: &str = "/newroot";
/// How long the device may take to appear.
const DEVICE_LIMIT: Duration = Duration::from_secs(10);
/// Pause between two looks for the device. Its driver is loaded already, so one look is the rule.
const DEVICE_POLL: Duration = Duration::from_millis(1);

struct Mount {
    kind: &'static str,
    target: &'static str,
    flags: MsFlags,
    options: &'static str,
}

const fn new(
    kind: &'static str,
    target: &'static str,
    flags: MsFlags,
    options: &'static str,
) -> Mount {
    Mount {
        kind,
        target,
        flags,
        options,
    }
}

const QUIET: MsFlags = MsFlags::MS_NOSUID
    .union(MsFlags::MS_NODEV)
    .union(MsFlags::MS_NOEXEC);
const SAFE: MsFlags = MsFlags::MS_NOSUID.union(MsFlags::MS_NODEV);

/// What the initramfs needs to find the root device.
const FIRST: [Mount; 3] = [
    new("proc", "/proc", QUIET, ""),
    new("sysfs", "/sys", QUIET, ""),
    new("devtmpfs", "/dev", MsFlags::MS_NOSUID, "mode=0755"),
];

/// What programs expect of a running system. The group 5 is `tty` wherever Debian's numbers hold.
const LATER: [Mount; 5] = [
    new(
        "devpts",
        "/dev/pts",
        MsFlags::MS_NOSUID.union(MsFlags::MS_NOEXEC),
        "gid=5,mode=0620,ptmxmode=0666",
    ),
    new("tmpfs", "/dev/shm", SAFE, "mode=1777"),
    new("tmpfs", "/run", SAFE, "mode=0755"),
    new("tmpfs", "/tmp", SAFE, "mode=1777"),
    new("cgroup2", "/sys/fs/cgroup", QUIET, ""),
];

/// Mounts proc, sys and dev.
pub fn first() -> Result<(), BootError> {
    FIRST.iter().try_for_each(attach)
}

/// Mounts the rest and makes the links in `/dev` that shells rely on.
pub fn later() -> Result<(), BootError> {
    LATER.iter().try_for_each(attach)?;
    for (link, target) in [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
    ] {
        // Present already when the kernel made them.
        let _ = symlink(target, link);
    }
    let mode = std::fs::Permissions::from_mode(0o1777);
    std::fs::set_permissions("/tmp", mode).map_err(|e| BootError::File("/tmp".into(), e))
}

fn attach(what: &Mount) -> Result<(), BootError> {
    // The directory may be there, or the file system read-only: mount says which it is.
    let _ = std::fs::create_dir_all(what.target);
    match mount(
        Some(what.kind),
        what.target,
        Some(what.kind),
        what.flags,
        Some(what.options),
    ) {
        Ok(()) | Err(Errno::EBUSY) => Ok(()),
        Err(errno) => Err(BootError::Mount(what.target.into(), errno)),
    }
}

/// Mounts the ext4 file system of `device`, moves the first mounts onto it, frees the initramfs
/// and makes it the root of this process and all to come.
pub fn switch_root(device: &Path) -> Result<(), BootError> {
    wait_for(device)?;
    let _ = std::fs::create_dir_all(NEW_ROOT);
    mount(
        Some(device),
        NEW_ROOT,
        Some("ext4"),
        MsFlags::MS_NOATIME,
        None::<&str>,
    )
    .map_err(|errno| BootError::Mount(device.into(), errno))?;
    for Mount { target, .. } in &FIRST {
        let new = format!("{NEW_ROOT}{target}");
        let _ = std::fs::create_dir_all(&new);
        relocate(Path::new(target), Path::new(&new))?;
    }
    // Memory of the initramfs; this program's own pages stay for as long as it runs.
    let _ = std::fs::remove_dir_all("/modules");
    let _ = std::fs::remove_file("/init");
    chdir(NEW_ROOT).map_err(BootError::SwitchRoot)?;
    relocate(Path::new("."), Path::new("/"))?;
    chroot(".").map_err(BootError::SwitchRoot)?;
    chdir("/").map_err(BootError::SwitchRoot)
}

fn relocate(from: &Path, to: &Path) -> Result<(), BootError> {
    mount(Some(from), to, None::<&str>, MsFlags::MS_MOVE, None::<&str>)
        .map_err(|errno| BootError::Mount(to.into(), errno))
}

fn wait_for(device: &Path) -> Result<(), BootError> {
    let give_up = Instant::now() + DEVICE_LIMIT;
    while !std::fs::metadata(device).is_ok_and(|m| m.file_type().is_block_device()) {
        if Instant::now() >= give_up {
            return Err(BootError::NoDevice(device.into()));
        }
        std::thread::sleep(DEVICE_POLL);
    }
    Ok(())
}
