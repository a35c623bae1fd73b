//! From a folder to a tar stream.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use tar::{Builder, EntryType, Header};

use crate::files::operations::sorted;
use crate::files::{FilesError, path};

/// The folder to pack, if it is one that can be read.
pub fn check(folder: &Path) -> Result<PathBuf, FilesError> {
    let folder = path::located(folder.to_owned())?;
    fs::read_dir(&folder).map_err(|e| FilesError::of(&folder, e))?;
    Ok(folder)
}

/// Writes what is in `folder` with names relative to it, sorted. Links stay links; sockets, FIFOs
/// and devices are left out, and so is what goes away meanwhile.
pub fn pack(folder: &Path, stream: impl Write) -> Result<(), FilesError> {
    let mut builder = Builder::new(stream);
    pack_into(&mut builder, folder, Path::new(""))?;
    builder.finish().map_err(|e| FilesError::of(folder, e))
}

fn pack_into<W: Write>(
    builder: &mut Builder<W>,
    root: &Path,
    below: &Path,
) -> Result<(), FilesError> {
    for path in sorted(&root.join(below))? {
        let name = below.join(path.file_name().unwrap_or_default());
        let failed = |e| FilesError::of(&path, e);
        let Ok(found) = fs::symlink_metadata(&path) else {
            continue;
        };
        let mut header = Header::new_gnu();
        header.set_metadata(&found);
        if found.is_dir() {
            header.set_size(0);
            builder
                .append_data(&mut header, &name, io::empty())
                .map_err(failed)?;
            pack_into(builder, root, &name)?;
        } else if found.is_symlink() {
            let Ok(target) = fs::read_link(&path) else {
                continue;
            };
            header.set_size(0);
            builder
                .append_link(&mut header, &name, target)
                .map_err(failed)?;
        } else if found.is_file() {
            pack_file(builder, &path, &name)?;
        }
    }
    Ok(())
}

fn pack_file<W: Write>(
    builder: &mut Builder<W>,
    path: &Path,
    name: &Path,
) -> Result<(), FilesError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::LOOP) => return Ok(()),
        Err(e) => return Err(FilesError::of(path, e)),
    };
    let failed = |e| FilesError::of(path, e);
    let found = file.metadata().map_err(failed)?;
    if !found.is_file() {
        return Ok(());
    }
    let mut header = Header::new_gnu();
    header.set_metadata(&found);
    header.set_entry_type(EntryType::Regular);
    let mut content = Counted {
        file: file.take(found.len()),
        left: found.len(),
    };
    builder
        .append_data(&mut header, name, &mut content)
        .map_err(failed)
}

/// A file that must have as many bytes as the header says.
struct Counted {
    file: io::Take<File>,
    left: u64,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        if count == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::other("the file has become shorter"));
        }
        self.left -= count as u64;
        Ok(count)
    }
}
