//! Words that callers attach to a file, in extended attributes `user.wrenn.KEY`.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use rustix::fs::XattrFlags;
use rustix::io::Errno;

use super::FilesError;

/// Keys to values.
pub type Metadata = BTreeMap<String, String>;

const PREFIX: &str = "user.wrenn.";
/// Most bytes of all keys and values, with the prefix of each key: ext4 has one block of 4 KiB.
pub const MAX_BYTES: usize = 4096;
/// Longest name of an attribute (XATTR_NAME_MAX, linux/limits.h).
const MAX_NAME: usize = 255;
/// Longest list of names that is looked at; a file of ours has far less.
const LIST: usize = 64 << 10;

/// Whether these fit beside a file and are printable ASCII.
pub fn check(metadata: &Metadata) -> Result<(), FilesError> {
    let printable = |text: &str| text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let mut bytes = 0;
    for (key, value) in metadata {
        let name = PREFIX.len() + key.len();
        bytes += name + value.len();
        if key.is_empty() || name > MAX_NAME || !printable(key) || !printable(value) {
            return Err(FilesError::Invalid(format!(
                "metadata {key:?} is not valid"
            )));
        }
    }
    match bytes <= MAX_BYTES {
        true => Ok(()),
        false => Err(FilesError::Invalid("too much metadata".to_owned())),
    }
}

/// Attaches them to a file that has none.
pub fn write(file: &File, metadata: &Metadata) -> Result<(), FilesError> {
    for (key, value) in metadata {
        let name = format!("{PREFIX}{key}");
        rustix::fs::fsetxattr(file, &name, value.as_bytes(), XattrFlags::empty()).map_err(|e| {
            match e {
                Errno::NOTSUP => FilesError::Invalid("no metadata on this file system".to_owned()),
                e => FilesError::of(Path::new(&name), e),
            }
        })?;
    }
    Ok(())
}

/// What is attached to the file at `path`, links not followed. Nothing where that cannot be read.
pub fn read(path: &Path) -> Metadata {
    let mut metadata = Metadata::new();
    // Asking for the length first costs less for the many files that have none.
    let length = match rustix::fs::llistxattr_query(path) {
        Ok(length) if (1..=LIST).contains(&length) => length,
        _ => return metadata,
    };
    let mut names = vec![0; length];
    let Ok(length) = rustix::fs::llistxattr(path, &mut names[..]) else {
        return metadata;
    };
    let ours = names[..length].split(|byte| *byte == 0);
    for name in ours.filter_map(|name| std::str::from_utf8(name).ok()) {
        let Some(key) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let mut value = [0; MAX_BYTES];
        if let Ok(length) = rustix::fs::lgetxattr(path, name, &mut value[..]) {
            let value = String::from_utf8_lossy(&value[..length]).into_owned();
            metadata.insert(key.to_owned(), value);
        }
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_fits_is_taken() {
        let of = |key: &str, value: &str| Metadata::from([(key.to_owned(), value.to_owned())]);
        assert!(check(&of("a", "")).is_ok());
        assert!(check(&Metadata::new()).is_ok());
        assert!(check(&of("a", &"x".repeat(MAX_BYTES - PREFIX.len() - 1))).is_ok());
        for bad in [
            of("", "x"),
            of("a", "é"),
            of("a", "\n"),
            of(&"k".repeat(MAX_NAME), ""),
            of("a", &"x".repeat(MAX_BYTES)),
        ] {
            assert!(matches!(check(&bad), Err(FilesError::Invalid(_))));
        }
    }
}
