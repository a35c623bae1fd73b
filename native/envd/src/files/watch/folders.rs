//! Which watch of the kernel belongs to which folder.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags, Inotify, WatchDescriptor};

use super::{Change, Kind};
use crate::files::FilesError;
use crate::files::staged::Purpose;

/// Most folders of one watch.
pub const MAX_FOLDERS: usize = 8192;
/// Most things in new folders that are told of at once.
const MAX_FOUND: usize = 16_384;

/// The watches of one tree: descriptors to paths relative to its root.
#[derive(Debug, Default)]
pub struct Folders(HashMap<WatchDescriptor, PathBuf>);

impl Folders {
    /// The folder of a watch.
    pub fn path(&self, watch: WatchDescriptor) -> Option<&PathBuf> {
        self.0.get(&watch)
    }

    /// Remembers what was found.
    pub fn add(&mut self, found: &Found) -> Result<(), FilesError> {
        self.0.extend(found.folders.iter().cloned());
        match self.0.len() <= MAX_FOLDERS {
            true => Ok(()),
            false => Err(FilesError::Limit("too many folders to watch")),
        }
    }

    /// The kernel has ended a watch.
    pub fn forget(&mut self, watch: WatchDescriptor) {
        self.0.remove(&watch);
    }

    /// Ends the watches of `folder` and below: it has left its place.
    pub fn leave(&mut self, inotify: &Inotify, folder: &Path) {
        self.0.retain(|watch, path| {
            let stays = !path.starts_with(folder);
            if !stays {
                // Fails only when the kernel has ended it already.
                let _ = inotify.rm_watch(*watch);
            }
            stays
        });
    }
}

/// What is in a folder that was not watched before.
#[derive(Debug, Default)]
pub struct Found {
    folders: Vec<(WatchDescriptor, PathBuf)>,
    /// Everything below it.
    pub changes: Vec<Change>,
}

/// Watches `root` and, with `recursive`, the folders below. Blocks.
pub fn watch_root(inotify: &Inotify, root: &Path, recursive: bool) -> Result<Found, FilesError> {
    let mut found = Found::default();
    let watch = add(inotify, root, true).map_err(|e| refused(root, e))?;
    found.folders.push((watch, PathBuf::new()));
    if recursive {
        look_into(&mut found, inotify, root, Path::new(""))?;
    }
    found.changes.clear();
    Ok(found)
}

/// Watches the new folder `folder` of `root` and those below, and tells what is in them already.
/// Blocks.
pub fn watch_new(inotify: &Inotify, root: &Path, folder: &Path) -> Result<Found, FilesError> {
    let mut found = Found::default();
    watch_below(&mut found, inotify, root, folder)?;
    Ok(found)
}

fn watch_below(
    found: &mut Found,
    inotify: &Inotify,
    root: &Path,
    folder: &Path,
) -> Result<(), FilesError> {
    let path = root.join(folder);
    match add(inotify, &path, false) {
        Ok(watch) => found.folders.push((watch, folder.to_owned())),
        // Gone again, no folder any more, or not the user's business.
        Err(Errno::ENOENT | Errno::ENOTDIR | Errno::EACCES | Errno::ELOOP) => return Ok(()),
        Err(e) => return Err(refused(&path, e)),
    }
    if found.folders.len() > MAX_FOLDERS {
        return Err(FilesError::Limit("too many folders to watch"));
    }
    look_into(found, inotify, root, folder)
}

fn look_into(
    found: &mut Found,
    inotify: &Inotify,
    root: &Path,
    folder: &Path,
) -> Result<(), FilesError> {
    let Ok(items) = fs::read_dir(root.join(folder)) else {
        return Ok(());
    };
    for item in items.flatten() {
        let name = folder.join(item.file_name());
        if Purpose::of(&item.file_name()).is_some() {
            continue;
        }
        let (is_folder, has_content) = match item.metadata() {
            Ok(metadata) => (metadata.is_dir(), metadata.is_file() && metadata.len() > 0),
            Err(_) => continue,
        };
        if found.changes.len() < MAX_FOUND {
            found.changes.push(Change::new(Kind::Create, &name));
            if has_content {
                found.changes.push(Change::new(Kind::Write, &name));
            }
        }
        if is_folder {
            watch_below(found, inotify, root, &name)?;
        }
    }
    Ok(())
}

fn add(inotify: &Inotify, path: &Path, follow: bool) -> nix::Result<WatchDescriptor> {
    let mut flags = AddWatchFlags::IN_CREATE
        | AddWatchFlags::IN_MODIFY
        | AddWatchFlags::IN_ATTRIB
        | AddWatchFlags::IN_DELETE
        | AddWatchFlags::IN_MOVED_FROM
        | AddWatchFlags::IN_MOVED_TO
        | AddWatchFlags::IN_DELETE_SELF
        | AddWatchFlags::IN_MOVE_SELF
        | AddWatchFlags::IN_ONLYDIR;
    if !follow {
        flags |= AddWatchFlags::IN_DONT_FOLLOW;
    }
    inotify.add_watch(path, flags)
}

/// Here ENOSPC is not about the disk: see inotify_add_watch(2).
fn refused(path: &Path, errno: Errno) -> FilesError {
    match errno {
        Errno::ENOSPC => FilesError::Limit("the system watches too many folders"),
        other => FilesError::of(path, other),
    }
}
