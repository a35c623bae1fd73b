//! The operations of the file service. Each is done with the rights of the calling thread.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};

use super::{FilesError, entry, mounts, path};
use crate::proto::filesystem::EntryInfo;
use crate::users::Names;

/// Most entries of one list: what a reply of some ten MiB holds.
const MAX_ENTRIES: usize = 100_000;
const FOLDER_MODE: u32 = 0o755;

/// What is at `path`.
pub fn stat(path: &Path) -> Result<EntryInfo, FilesError> {
    let path = path::located(path.to_owned())?;
    entry::of(&path, &Names::read())
}

/// What is in the folder and `depth` - 1 levels below, sorted by name, each folder before its
/// entries. Links to folders are not gone into, but `path` may be one.
pub fn list(path: &Path, depth: u32) -> Result<Vec<EntryInfo>, FilesError> {
    let path = path::located(path.to_owned())?;
    let mut entries = Vec::new();
    list_into(&mut entries, &path, depth.max(1), &Names::read())?;
    Ok(entries)
}

fn list_into(
    entries: &mut Vec<EntryInfo>,
    folder: &Path,
    depth: u32,
    names: &Names,
) -> Result<(), FilesError> {
    for path in sorted(folder)? {
        let entry = match entry::of(&path, names) {
            Ok(entry) => entry,
            // Went away meanwhile.
            Err(FilesError::NotFound(_)) => continue,
            Err(e) => return Err(e),
        };
        let is_folder = entry.permissions.starts_with('d');
        entries.push(entry);
        if entries.len() > MAX_ENTRIES {
            return Err(FilesError::Limit("too many entries, ask for fewer levels"));
        }
        if is_folder && depth > 1 {
            match list_into(entries, &path, depth - 1, names) {
                // What is below is nobody's business, or gone; the folder itself is listed.
                Err(FilesError::Denied(_) | FilesError::NotFound(_)) => {}
                other => other?,
            }
        }
    }
    Ok(())
}

/// The paths of what is in `folder`, sorted by name.
pub fn sorted(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let failed = |e| FilesError::of(folder, e);
    let mut paths = Vec::new();
    for item in fs::read_dir(folder).map_err(failed)? {
        paths.push(item.map_err(failed)?.path());
        if paths.len() > MAX_ENTRIES {
            return Err(FilesError::Limit("too many entries in one folder"));
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

/// Makes a folder and what is missing above it.
pub fn make_dir(path: &Path) -> Result<EntryInfo, FilesError> {
    let path = path::located(path.to_owned())?;
    if let Ok(found) = fs::symlink_metadata(&path) {
        return Err(taken(&path, found.is_dir()));
    }
    make_parents(&path)?;
    match DirBuilder::new().mode(FOLDER_MODE).create(&path) {
        Err(e) => match FilesError::of(&path, e) {
            FilesError::Exists(_) => Err(taken(&path, path.is_dir())),
            other => Err(other),
        },
        Ok(()) => entry::of(&path, &Names::read()),
    }
}

fn taken(path: &Path, is_folder: bool) -> FilesError {
    match is_folder || path.is_dir() {
        true => FilesError::Exists(path.display().to_string()),
        false => FilesError::invalid(path, "is not a folder"),
    }
}

/// Makes the folders above `path` that are missing.
pub fn make_parents(path: &Path) -> Result<(), FilesError> {
    make_all(path::split(path)?.0)
}

/// Makes `folder` and what is missing above it.
pub fn make_all(folder: &Path) -> Result<(), FilesError> {
    let made = DirBuilder::new()
        .recursive(true)
        .mode(FOLDER_MODE)
        .create(folder);
    match made.map_err(|e| FilesError::of(folder, e)) {
        Err(FilesError::Exists(_)) => Err(FilesError::invalid(folder, "is not a folder")),
        other => other,
    }
}

/// Gives the file or folder a new path; overwrites nothing.
pub fn rename(source: &Path, destination: &Path) -> Result<EntryInfo, FilesError> {
    let source = path::located(source.to_owned())?;
    let destination = path::located(destination.to_owned())?;
    fs::symlink_metadata(&source).map_err(|e| FilesError::of(&source, e))?;
    if fs::symlink_metadata(&destination).is_ok() {
        return Err(FilesError::Exists(destination.display().to_string()));
    }
    path::split(&source)?;
    make_parents(&destination)?;
    rustix::fs::renameat_with(CWD, &source, CWD, &destination, RenameFlags::NOREPLACE).map_err(
        |e| match e {
            rustix::io::Errno::EXIST => FilesError::of(&destination, e),
            rustix::io::Errno::INVAL => FilesError::invalid(&destination, "is inside the source"),
            e => FilesError::of(&source, e),
        },
    )?;
    entry::of(&destination, &Names::read())
}

/// Removes a file, a link or a folder with all that is in it.
pub fn remove(path: &Path) -> Result<(), FilesError> {
    let path = path::located(path.to_owned())?;
    let failed = |e| FilesError::of(&path, e);
    let found = fs::symlink_metadata(&path).map_err(failed)?;
    if !found.is_dir() {
        return fs::remove_file(&path).map_err(failed);
    }
    if mounts::are_below(&fs::canonicalize(&path).map_err(failed)?) {
        return Err(FilesError::invalid(&path, "is or has a mount point"));
    }
    fs::remove_dir_all(&path).map_err(failed)
}
