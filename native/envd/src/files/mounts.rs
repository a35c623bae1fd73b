//! Where file systems are mounted.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// Whether something is mounted at `folder` or below, as far as the kernel tells.
pub fn are_below(folder: &Path) -> bool {
    let table = fs::read("/proc/self/mountinfo").unwrap_or_default();
    points(&table).any(|point| point.starts_with(folder))
}

/// The mount points of a table in the form of proc_pid_mountinfo(5): the fifth field, in which
/// blanks and backslashes are written as `\` and three octal digits.
fn points(table: &[u8]) -> impl Iterator<Item = PathBuf> {
    table.split(|byte| *byte == b'\n').filter_map(|line| {
        let field = line.split(|byte| *byte == b' ').nth(4)?;
        Some(PathBuf::from(OsString::from_vec(unescape(field))))
    })
}

fn unescape(mut text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    while let Some((first, rest)) = text.split_first() {
        text = rest;
        let octal = rest.first_chunk::<3>().filter(|_| *first == b'\\');
        let octal = octal.and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.map(|digits| u8::from_str_radix(digits, 8)) {
            Some(Ok(byte)) => {
                plain.push(byte);
                text = &rest[3..];
            }
            _ => plain.push(*first),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn mount_points_are_found() {
        let table =
            b"22 1 8:1 / / rw - ext4 /dev/sda rw\n23 22 0:5 / /a\\040b rw - proc proc rw\n\n";
        let found: Vec<PathBuf> = points(table).collect();
        assert_eq!(found, [PathBuf::from("/"), PathBuf::from("/a b")]);
        assert!(are_below(Path::new("/")));
        assert!(are_below(Path::new("/proc")));
        assert!(!are_below(Path::new("/proc/self/fd")));
    }

    proptest! {
        #[test]
        fn any_table_is_read(table: Vec<u8>) {
            let _ = points(&table).count();
        }

        #[test]
        fn an_escaped_name_comes_back(name: Vec<u8>) {
            let escaped: String = name.iter().map(|byte| format!("\\{byte:03o}")).collect();
            prop_assert_eq!(unescape(escaped.as_bytes()), name);
        }
    }
}
