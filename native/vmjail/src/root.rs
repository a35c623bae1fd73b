//! Namespaces, and a root with little in it.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use libc::{
    CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWUTS, MNT_DETACH, MS_BIND,
    MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT, S_IFCHR,
};

use crate::plan::{Place, Plan};
use crate::syscalls::{check, mount, text};

/// Where the new root is put together: there on every host, and nothing below it is shown.
const SITE: &str = "/proc";

/// Tells nobody what the host is called.
const HOST_NAME: &[u8] = b"vmm";

/// Enters namespaces of its own and leaves the host's root for a new one.
pub fn enter(plan: &Plan) -> Result<(), String> {
    let mut spaces = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
    match plan.network {
        Some(fd) => network(fd)?,
        None => spaces |= CLONE_NEWNET,
    }
    // SAFETY: no pointers; this process has one thread.
    let result = unsafe { libc::unshare(spaces) };
    check(i64::from(result), || "namespaces".to_string())?;
    // SAFETY: a live buffer with its length.
    let result = unsafe { libc::sethostname(HOST_NAME.as_ptr().cast(), HOST_NAME.len()) };
    check(i64::from(result), || "host name".to_string())?;
    build(plan)?;
    swap()?;
    let flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    mount(
        Some(c"proc"),
        c"/proc",
        Some(c"proc"),
        flags,
        Some(c"subset=pid"),
    )?;
    // what is seen can no longer change
    let flags = MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC;
    mount(None, c"/", None, flags, None)
}

/// The network namespace of a descriptor, which is not left to the VMM.
fn network(fd: i32) -> Result<(), String> {
    // SAFETY: no pointers; this process has one thread.
    let result = unsafe { libc::setns(fd, CLONE_NEWNET) };
    check(i64::from(result), || "network namespace".to_string())?;
    // SAFETY: the descriptor was given to this process, and nothing uses it after this.
    let result = unsafe { libc::close(fd) };
    check(i64::from(result), || "network namespace".to_string()).map(drop)
}

fn build(plan: &Plan) -> Result<(), String> {
    // nothing mounted from here on goes to the host
    mount(None, c"/", None, MS_REC | MS_PRIVATE, None)?;
    let site = text(Path::new(SITE))?;
    let flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    mount(
        Some(c"root"),
        &site,
        Some(c"tmpfs"),
        flags,
        Some(c"mode=0755,size=256k"),
    )?;
    fs::create_dir(Path::new(SITE).join("proc")).map_err(|error| format!("/proc: {error}"))?;
    for path in &plan.shown {
        show(path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    if let Some(room) = &plan.room {
        let place = folder(room)?;
        let id = plan.uid;
        let data = format!("mode=0700,uid={id},gid={id},size=64k,nr_inodes=64");
        let data = text(Path::new(&data))?;
        mount(Some(c"room"), &place, Some(c"tmpfs"), flags, Some(&data))?;
    }
    for wanted in &plan.places {
        put(wanted).map_err(|error| format!("{}: {error}", wanted.from.display()))?;
    }
    if !plan.nodes.is_empty() {
        nodes(plan)?;
    }
    for device in &plan.devices {
        let place = place(device).map_err(|error| format!("{}: {error}", device.display()))?;
        fs::write(&place, b"").map_err(|error| format!("{}: {error}", device.display()))?;
        bind(device, &place, MS_NOSUID | MS_NOEXEC)?;
    }
    if plan.nodes.is_empty() {
        return Ok(());
    }
    let flags = MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC;
    mount(None, &folder(Path::new("/dev"))?, None, flags, None)
}

/// Device nodes that belong to the user: those of the host may be root's alone. Nothing can be added
/// to them.
fn nodes(plan: &Plan) -> Result<(), String> {
    let flags = MS_NOSUID | MS_NOEXEC;
    let above = folder(Path::new("/dev"))?;
    let data = Some(c"mode=0755,size=64k");
    mount(Some(c"nodes"), &above, Some(c"tmpfs"), flags, data)?;
    for node in &plan.nodes {
        let failed = |error: String| format!("{}: {error}", node.display());
        let found = fs::metadata(node).map_err(|error| failed(error.to_string()))?;
        if !found.file_type().is_char_device() {
            return Err(failed("not a character device".to_string()));
        }
        let place = text(&place(node).map_err(failed)?)?;
        // SAFETY: a C string.
        let made = unsafe { libc::mknod(place.as_ptr(), S_IFCHR | 0o600, found.rdev()) };
        check(i64::from(made), || "node".to_string()).map_err(failed)?;
        // SAFETY: a C string.
        let given = unsafe { libc::chown(place.as_ptr(), plan.uid, plan.uid) };
        check(i64::from(given), || "owner".to_string()).map_err(failed)?;
    }
    Ok(())
}

/// Shows one file of the host at another place.
fn put(wanted: &Place) -> Result<(), String> {
    let place = place(&wanted.to)?;
    fs::write(&place, b"").map_err(|error| error.to_string())?;
    let mut flags = MS_NOSUID | MS_NODEV;
    if !wanted.writable {
        flags |= MS_RDONLY;
    }
    if !wanted.executable {
        flags |= MS_NOEXEC;
    }
    bind(&wanted.from, &place, flags)
}

/// A folder below the new root.
fn folder(path: &Path) -> Result<std::ffi::CString, String> {
    let place = place(path)?;
    fs::create_dir_all(&place).map_err(|error| error.to_string())?;
    text(&place)
}

/// Shows one file, folder or link of the host at the same place.
fn show(path: &Path) -> Result<(), String> {
    let kind = fs::symlink_metadata(path).map_err(|error| error.to_string())?;
    let place = place(path)?;
    if kind.is_symlink() {
        let target = fs::read_link(path).map_err(|error| error.to_string())?;
        return std::os::unix::fs::symlink(target, place).map_err(|error| error.to_string());
    }
    let made = if kind.is_dir() {
        fs::create_dir(&place)
    } else {
        fs::write(&place, b"")
    };
    made.map_err(|error| error.to_string())?;
    bind(path, &place, MS_RDONLY | MS_NOSUID | MS_NODEV)
}

/// Its place below the new root, with the folders above it.
fn place(path: &Path) -> Result<PathBuf, String> {
    let inside = path.strip_prefix("/").map_err(|error| error.to_string())?;
    let place = Path::new(SITE).join(inside);
    if let Some(above) = place.parent() {
        fs::create_dir_all(above).map_err(|error| error.to_string())?;
    }
    Ok(place)
}

/// The flags of a bind mount are set by mounting it again.
fn bind(from: &Path, to: &Path, flags: libc::c_ulong) -> Result<(), String> {
    let to = text(to)?;
    mount(Some(&text(from)?), &to, None, MS_BIND, None)?;
    mount(None, &to, None, MS_BIND | MS_REMOUNT | flags, None)
}

/// pivot_root(2), "pivot_root(".", ".")": the old root ends on top of the new one, and goes.
fn swap() -> Result<(), String> {
    std::env::set_current_dir(SITE).map_err(|error| format!("new root: {error}"))?;
    let here = c".".as_ptr();
    // SAFETY: two C strings.
    let result = unsafe { libc::syscall(libc::SYS_pivot_root, here, here) };
    check(result, || "pivot_root".to_string())?;
    // SAFETY: a C string.
    let result = unsafe { libc::umount2(here, MNT_DETACH) };
    check(i64::from(result), || "old root".to_string())?;
    std::env::set_current_dir("/").map_err(|error| format!("new root: {error}"))
}
