//! What the host agent asks for, by arguments.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

/// A file of the host at another path inside.
#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    /// Where it is outside.
    pub from: PathBuf,
    /// Where it is inside.
    pub to: PathBuf,
    /// Whether it may be written to.
    pub writable: bool,
    /// Whether it is the program.
    pub executable: bool,
}

/// One VMM and what is left to it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// User and group id; never root's.
    pub uid: u32,
    /// The one supplementary group.
    pub group: Option<u32>,
    /// What is seen of the host, read-only: files, folders, and links as links.
    pub shown: Vec<PathBuf>,
    /// Device nodes that may be opened.
    pub devices: Vec<PathBuf>,
    /// Device nodes of which the user gets one of its own.
    pub nodes: Vec<PathBuf>,
    /// An empty folder in memory, 64 KiB, that belongs to the user.
    pub room: Option<PathBuf>,
    /// Single files at paths that are the same for every VM.
    pub places: Vec<Place>,
    /// Descriptor of the network namespace to be in, instead of an empty one.
    pub network: Option<i32>,
    /// Sockets of the Unix kind only: for a namespace that is not empty.
    pub unix_only: bool,
    /// Most bytes of a file that it writes.
    pub file_bytes: Option<u64>,
    /// Path of the program and its arguments.
    pub command: Vec<CString>,
}

impl Plan {
    /// Reads the arguments without the launcher's own name.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Plan, String> {
        let mut arguments = arguments;
        let mut uid = None;
        let mut plan = Plan::default();
        loop {
            let option = arguments.next().ok_or("no program is named")?;
            match option.to_str() {
                Some("--") => break,
                Some("--uid") => uid = Some(number::<u32>("--uid", arguments.next())?),
                Some("--group") => plan.group = Some(number::<u32>("--group", arguments.next())?),
                Some("--show") => plan.shown.push(path("--show", arguments.next())?),
                Some("--device") => plan.devices.push(path("--device", arguments.next())?),
                Some("--node") => plan.nodes.push(path("--node", arguments.next())?),
                Some("--room") => plan.room = Some(path("--room", arguments.next())?),
                Some(option @ ("--file" | "--view" | "--program")) => plan.places.push(Place {
                    from: path(option, arguments.next())?,
                    to: path(option, arguments.next())?,
                    writable: option == "--file",
                    executable: option == "--program",
                }),
                Some("--network") => {
                    let fd = number::<u32>("--network", arguments.next())?;
                    plan.network = Some(i32::try_from(fd).map_err(|error| error.to_string())?);
                }
                Some("--unix-only") => plan.unix_only = true,
                Some("--file-bytes") => {
                    plan.file_bytes = Some(number("--file-bytes", arguments.next())?);
                }
                _ => return Err(format!("unknown option: {}", option.display())),
            }
        }
        plan.command = arguments
            .map(|word| CString::new(word.into_vec()).map_err(|_| "a zero byte".to_string()))
            .collect::<Result<Vec<_>, _>>()?;
        match plan.command.first() {
            None => return Err("no program is named".to_string()),
            Some(program) if !program.as_bytes().starts_with(b"/") => {
                return Err("the program is no absolute path".to_string());
            }
            Some(_) => {}
        }
        if plan.network.is_some() && !plan.unix_only {
            return Err("--network without --unix-only".to_string());
        }
        plan.uid = uid.ok_or("--uid is missing")?;
        Ok(plan)
    }
}

fn number<N: std::str::FromStr + Bounded>(
    option: &str,
    value: Option<OsString>,
) -> Result<N, String> {
    value
        .as_ref()
        .and_then(|text| text.to_str())
        .and_then(|text| text.parse::<N>().ok())
        .filter(Bounded::within)
        .ok_or_else(|| format!("{option}: {value:?} (expected: 1..{})", N::MOST))
}

/// Numbers from 1 on, without the one that means "none" to the kernel.
trait Bounded {
    /// The largest, in words.
    const MOST: &'static str;
    /// Whether it is one.
    fn within(&self) -> bool;
}

impl Bounded for u32 {
    const MOST: &'static str = "4294967294";
    fn within(&self) -> bool {
        (1..u32::MAX).contains(self)
    }
}

impl Bounded for u64 {
    const MOST: &'static str = "18446744073709551614";
    fn within(&self) -> bool {
        (1..u64::MAX).contains(self)
    }
}

/// Absolute and without `..`: it becomes a path below another root.
fn path(option: &str, value: Option<OsString>) -> Result<PathBuf, String> {
    let path = PathBuf::from(value.unwrap_or_default());
    let straight = path
        .components()
        .all(|part| !matches!(part, std::path::Component::ParentDir));
    if path.is_absolute() && straight {
        Ok(path)
    } else {
        Err(format!("{option}: {path:?} (expected: an absolute path)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Plan, String> {
        Plan::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn reads_everything() {
        let plan = parse(&[
            "--uid",
            "700001",
            "--group",
            "107",
            "--show",
            "/usr/lib",
            "--show",
            "/lib",
            "--device",
            "/dev/kvm",
            "--",
            "/usr/bin/vmm",
            "--uid",
            "5",
        ]);
        let expected = Plan {
            uid: 700_001,
            group: Some(107),
            shown: vec![PathBuf::from("/usr/lib"), PathBuf::from("/lib")],
            devices: vec![PathBuf::from("/dev/kvm")],
            command: vec![c"/usr/bin/vmm".into(), c"--uid".into(), c"5".into()],
            ..Plan::default()
        };
        assert_eq!(plan, Ok(expected));
    }

    #[test]
    fn reads_what_a_vmm_that_opens_paths_needs() {
        let plan = parse(&[
            "--uid",
            "700001",
            "--node",
            "/dev/kvm",
            "--room",
            "/vm",
            "--file",
            "/data/disk.ext4",
            "/vm/disk",
            "--view",
            "/data/vmlinux",
            "/vm/kernel",
            "--network",
            "3",
            "--unix-only",
            "--file-bytes",
            "5368709120",
            "--",
            "/usr/bin/vmm",
        ]);
        let place = |from: &str, to: &str, writable| Place {
            from: PathBuf::from(from),
            to: PathBuf::from(to),
            writable,
            executable: false,
        };
        let expected = Plan {
            uid: 700_001,
            nodes: vec![PathBuf::from("/dev/kvm")],
            room: Some(PathBuf::from("/vm")),
            places: vec![
                place("/data/disk.ext4", "/vm/disk", true),
                place("/data/vmlinux", "/vm/kernel", false),
            ],
            network: Some(3),
            unix_only: true,
            file_bytes: Some(5_368_709_120),
            command: vec![c"/usr/bin/vmm".into()],
            ..Plan::default()
        };
        assert_eq!(plan, Ok(expected));
    }

    #[test]
    fn refuses_what_would_leave_a_wall_down() {
        for words in [
            &[][..],
            &["--uid", "700001"],
            &["--uid", "700001", "--"],
            &["--", "/usr/bin/vmm"],
            &["--uid", "0", "--", "/usr/bin/vmm"],
            &["--uid", "4294967295", "--", "/usr/bin/vmm"],
            &["--uid", "root", "--", "/usr/bin/vmm"],
            &["--uid", "700001", "--group", "0", "--", "/usr/bin/vmm"],
            &["--uid", "700001", "--show", "usr", "--", "/usr/bin/vmm"],
            &[
                "--uid",
                "700001",
                "--show",
                "/usr/../etc",
                "--",
                "/usr/bin/vmm",
            ],
            &["--uid", "700001", "--keep-caps", "--", "/usr/bin/vmm"],
            &["--uid", "700001", "--network", "3", "--", "/usr/bin/vmm"],
            &["--uid", "700001", "--file", "/disk", "--", "/usr/bin/vmm"],
            &["--uid", "700001", "--file-bytes", "0", "--", "/usr/bin/vmm"],
            &["--uid", "700001", "--", "vmm"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
