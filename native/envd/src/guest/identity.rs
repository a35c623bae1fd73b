//! Names and ids of the capsule, in the files where programs look for them. Every function takes
//! the root folder, `/` in a capsule.

use std::fs::Permissions;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::GuestError;

/// Host name until `/init` names another.
pub const DEFAULT_HOSTNAME: &str = "capsule";

/// Where Debian puts a machine's own name in `/etc/hosts`.
const OWN_ADDRESS: &str = "127.0.1.1";

/// Name servers when the host gives none.
const DEFAULT_DNS: [Ipv4Addr; 2] = [Ipv4Addr::new(8, 8, 8, 8), Ipv4Addr::new(8, 8, 4, 4)];

/// Sets the kernel's host name, and what programs look up about it.
pub fn set_hostname(root: &Path, name: &str) -> Result<(), GuestError> {
    nix::unistd::sethostname(name).map_err(GuestError::Hostname)?;
    write_hostname(root, name)
}

/// Writes `/etc/hostname` and the line of `/etc/hosts` without which sudo and others ask a name
/// server for the machine's own name, and wait. Other lines stay.
pub fn write_hostname(root: &Path, name: &str) -> Result<(), GuestError> {
    let hosts = std::fs::read_to_string(root.join("etc/hosts")).unwrap_or_default();
    let is_own = |line: &&str| line.split_ascii_whitespace().next() == Some(OWN_ADDRESS);
    let kept: String = hosts
        .lines()
        .filter(|line| !is_own(line))
        .map(|line| format!("{line}\n"))
        .collect();
    let local = if kept.contains("localhost") {
        ""
    } else {
        "127.0.0.1\tlocalhost\n"
    };
    let text = format!("{local}{kept}{OWN_ADDRESS}\t{name}\n");
    replace(root, "etc/hosts", &text)?;
    replace(root, "etc/hostname", &format!("{name}\n"))
}

/// Whether `name` can be a host name: 1 to 64 letters, digits, hyphens and dots.
pub fn is_hostname(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
    (1..=64).contains(&name.len()) && name.bytes().all(allowed) && !name.starts_with(['-', '.'])
}

/// Whether `id` has the form of machine-id(5).
pub fn is_machine_id(id: &str) -> bool {
    id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// Writes `/etc/machine-id`.
pub fn write_machine_id(root: &Path, id: &str) -> Result<(), GuestError> {
    replace(root, "etc/machine-id", &format!("{id}\n"))
}

/// Writes `/etc/resolv.conf`; without addresses, the default ones.
pub fn write_name_servers(root: &Path, servers: &[Ipv4Addr]) -> Result<(), GuestError> {
    let servers = if servers.is_empty() {
        &DEFAULT_DNS
    } else {
        servers
    };
    let lines: String = servers
        .iter()
        .map(|s| format!("nameserver {s}\n"))
        .collect();
    replace(root, "etc/resolv.conf", &lines)
}

/// Writes the ids that are known to `/run/wrenn`.
pub fn write_ids(
    root: &Path,
    sandbox: Option<&str>,
    template: Option<&str>,
) -> Result<(), GuestError> {
    for (name, id) in [
        ("run/wrenn/.WRENN_SANDBOX_ID", sandbox),
        ("run/wrenn/.WRENN_TEMPLATE_ID", template),
    ] {
        if let Some(id) = id {
            replace(root, name, id)?;
        }
    }
    Ok(())
}

/// Puts a new file in the place of `name`, also where that is a link out of a running system
/// (resolv.conf often is). Readers see the old or the new text.
fn replace(root: &Path, name: &str, text: &str) -> Result<(), GuestError> {
    let path = root.join(name);
    let failed = |e| GuestError::File(path.clone(), e);
    if holds(&path, text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let fresh = root.join(format!("{name}.new"));
    std::fs::write(&fresh, text).map_err(failed)?;
    std::fs::set_permissions(&fresh, Permissions::from_mode(0o644)).map_err(failed)?;
    std::fs::rename(&fresh, &path).map_err(failed)
}

/// Whether a plain file has this content already: after a restore most have, and a look costs less
/// than a new file.
fn holds(path: &Path, text: &str) -> bool {
    std::fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
        && std::fs::read(path).is_ok_and(|found| found == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_even_where_they_are_links() {
        let root = std::env::temp_dir().join(format!("envd-identity-{}", std::process::id()));
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::os::unix::fs::symlink("/nowhere/stub.conf", root.join("etc/resolv.conf")).unwrap();
        write_name_servers(&root, &[]).unwrap();
        write_name_servers(&root, &[Ipv4Addr::new(9, 9, 9, 9)]).unwrap();
        write_ids(&root, Some("cl-1"), None).unwrap();
        let read = |name: &str| std::fs::read_to_string(root.join(name));
        assert_eq!(read("etc/resolv.conf").unwrap(), "nameserver 9.9.9.9\n");
        let inode = || {
            let found = std::fs::metadata(root.join("etc/resolv.conf")).unwrap();
            std::os::unix::fs::MetadataExt::ino(&found)
        };
        let before = inode();
        write_name_servers(&root, &[Ipv4Addr::new(9, 9, 9, 9)]).unwrap();
        assert_eq!(inode(), before, "equal content is left alone");
        assert_eq!(read("run/wrenn/.WRENN_SANDBOX_ID").unwrap(), "cl-1");
        assert!(read("run/wrenn/.WRENN_TEMPLATE_ID").is_err());
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn the_own_name_is_in_the_hosts_once() {
        let root = std::env::temp_dir().join(format!("envd-hosts-{}", std::process::id()));
        std::fs::create_dir_all(root.join("etc")).unwrap();
        let hosts = || std::fs::read_to_string(root.join("etc/hosts")).unwrap();
        write_hostname(&root, "one").unwrap();
        assert_eq!(hosts(), "127.0.0.1\tlocalhost\n127.0.1.1\tone\n");
        std::fs::write(
            root.join("etc/hosts"),
            "::1 localhost\n127.0.1.1 x\n9.9.9.9 y",
        )
        .unwrap();
        write_hostname(&root, "two").unwrap();
        assert_eq!(hosts(), "::1 localhost\n9.9.9.9 y\n127.0.1.1\ttwo\n");
        std::fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn forms_are_checked() {
        assert!(is_machine_id("0123456789abcdef0123456789abcdef"));
        assert!(!is_machine_id("0123456789ABCDEF0123456789abcdef"));
        assert!(!is_machine_id(""));
        assert!(is_hostname("cl-0a.internal"));
        assert!(!is_hostname("-x") && !is_hostname("a b") && !is_hostname(""));
    }
}
