//! What one file or folder is, in the form of the wire.

use std::fs::{self, FileType as Kind, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use buffa_types::google::protobuf::Timestamp;

use super::{FilesError, metadata};
use crate::proto::filesystem::{EntryInfo, FileType};
use crate::users::Names;

/// What is at `path`. Of a link: the link itself, with the type of its target.
pub fn of(path: &Path, names: &Names) -> Result<EntryInfo, FilesError> {
    let own = fs::symlink_metadata(path).map_err(|e| FilesError::of(path, e))?;
    let is_symlink = own.is_symlink();
    let name = path.file_name().unwrap_or(path.as_os_str());
    let target = is_symlink.then(|| fs::read_link(path).unwrap_or_default());
    Ok(EntryInfo {
        name: name.to_string_lossy().into_owned(),
        r#type: file_type(path, &own).into(),
        path: path.to_string_lossy().into_owned(),
        size: i64::try_from(own.size()).unwrap_or(i64::MAX),
        mode: own.mode() & 0o777,
        permissions: permissions(own.file_type(), own.mode()),
        owner: names.user(own.uid()),
        group: names.group(own.gid()),
        modified_time: Timestamp {
            seconds: own.mtime(),
            nanos: i32::try_from(own.mtime_nsec()).unwrap_or_default(),
            ..Default::default()
        }
        .into(),
        symlink_target: target.map(|target| target.to_string_lossy().into_owned()),
        metadata: metadata::read(path).into_iter().collect(),
        is_symlink,
        ..Default::default()
    })
}

fn file_type(path: &Path, own: &Metadata) -> FileType {
    let of = |kind: &Metadata| match kind.is_dir() {
        true => FileType::FILE_TYPE_DIRECTORY,
        false => FileType::FILE_TYPE_FILE,
    };
    match own.is_symlink() {
        false => of(own),
        true => fs::metadata(path).map_or(FileType::FILE_TYPE_SYMLINK, |target| of(&target)),
    }
}

/// As ls(1) writes it: `-rw-r--r--`.
fn permissions(kind: Kind, mode: u32) -> String {
    let first = match () {
        () if kind.is_dir() => 'd',
        () if kind.is_symlink() => 'l',
        () if kind.is_char_device() => 'c',
        () if kind.is_block_device() => 'b',
        () if kind.is_fifo() => 'p',
        () if kind.is_socket() => 's',
        () => '-',
    };
    let mut text = String::from(first);
    // Each class: shift of its bits, bit that changes its `x`, and to what.
    for (shift, special, letter) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_read_as_in_ls() {
        let file = fs::metadata("/etc/passwd").unwrap().file_type();
        let folder = fs::metadata("/etc").unwrap().file_type();
        for (kind, mode, expected) in [
            (file, 0o644, "-rw-r--r--"),
            (file, 0o4755, "-rwsr-xr-x"),
            (file, 0o2644, "-rw-r-Sr--"),
            (folder, 0o1777, "drwxrwxrwt"),
            (folder, 0o000, "d---------"),
        ] {
            assert_eq!(permissions(kind, mode), expected);
        }
    }

    #[test]
    fn links_have_the_type_of_what_they_lead_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("folder")).unwrap();
        for (link, target) in [
            ("to-folder", "folder"),
            ("to-null", "/dev/null"),
            ("lost", "no"),
        ] {
            std::os::unix::fs::symlink(target, at(link)).unwrap();
        }
        let names = Names::read();
        for (name, expected, target) in [
            ("folder", FileType::FILE_TYPE_DIRECTORY, None),
            ("to-folder", FileType::FILE_TYPE_DIRECTORY, Some("folder")),
            ("to-null", FileType::FILE_TYPE_FILE, Some("/dev/null")),
            ("lost", FileType::FILE_TYPE_SYMLINK, Some("no")),
        ] {
            let entry = of(&at(name), &names).unwrap();
            assert_eq!(entry.r#type.as_known(), Some(expected), "{name}");
            assert_eq!(entry.symlink_target.as_deref(), target);
            assert_eq!(entry.is_symlink, target.is_some());
        }
        assert!(matches!(
            of(&at("missing"), &names),
            Err(FilesError::NotFound(_))
        ));
        let device = of(Path::new("/dev/null"), &names).unwrap();
        assert_eq!(device.r#type.as_known(), Some(FileType::FILE_TYPE_FILE));
        assert!(device.permissions.starts_with('c'));
    }
}
