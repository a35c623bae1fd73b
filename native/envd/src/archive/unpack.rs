//! From a tar stream to a folder.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, Timespec, Timestamps};
use serde::Serialize;
use tar::{Archive, Entry, EntryType};

use super::beneath::{Beneath, relative};
use crate::files::staged::{Purpose, Staged};
use crate::files::{FilesError, operations, path};

/// Buffer between the stream and the files.
const BUFFER: usize = 256 << 10;

/// What was unpacked.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unpacked {
    /// Regular files.
    pub files: u64,
    /// Folders that the archive names.
    pub folders: u64,
    /// Symbolic and hard links.
    pub links: u64,
    /// Contents of the files.
    pub bytes: u64,
}

/// Unpacks all of `stream` into `folder`, which is made if it is missing. A file that is there
/// already is replaced as a whole or not at all; a new one grows under its name and is removed when
/// it cannot be finished. After an error, those before it stay. Owner is the user of the thread, mode and
/// time are those of the archive, without set-id bits.
pub fn unpack(folder: &Path, stream: impl Read) -> Result<Unpacked, FilesError> {
    let folder = path::located(folder.to_owned())?;
    operations::make_all(&folder)?;
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    let root = rustix::fs::open(&folder, flags, Mode::empty());
    let root = root.map_err(|e| FilesError::of(&folder, e))?;
    let mut unpacking = Unpacking {
        beneath: Beneath::new(root),
        done: Unpacked::default(),
        folders: Vec::new(),
        buffer: vec![0; BUFFER],
    };
    let mut archive = Archive::new(Onward { stream, passed: 0 });
    for entry in archive.entries_with_seek().map_err(read)? {
        unpacking.entry(entry.map_err(read)?)?;
    }
    unpacking.finish()?;
    // What follows the end mark is filling; but it must be there, or the stream was cut off.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(read)?;
    Ok(unpacking.done)
}

/// A stream that can be moved forward, by reading it: a reader of archives that cannot move what it
/// reads clears a buffer of 32 KiB for each entry.
struct Onward<R> {
    stream: R,
    passed: u64,
}

impl<R: Read> Read for Onward<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        self.passed += count as u64;
        Ok(count)
    }
}

impl<R: Read> Seek for Onward<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let more = match to {
            SeekFrom::Current(more) => u64::try_from(more).ok(),
            SeekFrom::Start(place) => place.checked_sub(self.passed),
            SeekFrom::End(_) => None,
        };
        let more = more.ok_or(ErrorKind::Unsupported)?;
        if more > 0 && io::copy(&mut self.by_ref().take(more), &mut io::sink())? < more {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(self.passed)
    }
}

struct Unpacking {
    beneath: Beneath,
    done: Unpacked,
    /// Modes and times of folders, for the end: until then they must take files.
    folders: Vec<(PathBuf, u32, u64)>,
    buffer: Vec<u8>,
}

impl Unpacking {
    fn entry<R: Read>(&mut self, mut entry: Entry<'_, R>) -> Result<(), FilesError> {
        let path = relative(&entry.path().map_err(read)?)?;
        let header = entry.header();
        let kind = header.entry_type();
        let mode = header.mode().map_err(read)? & 0o777;
        let time = header.mtime().map_err(read)?;
        match kind {
            EntryType::Directory => {
                self.beneath.folder(&path)?;
                self.done.folders += 1;
                if !path.as_os_str().is_empty() {
                    self.folders.push((path, mode, time));
                }
                Ok(())
            }
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                let size = entry.size();
                self.file(&path, (mode, time), size, &mut entry)
            }
            EntryType::Symlink | EntryType::Link => {
                let target = entry.link_name().map_err(read)?;
                let no_target = || FilesError::invalid(&path, "is a link to nothing");
                self.link(&path, &target.ok_or_else(no_target)?, kind)
            }
            EntryType::XGlobalHeader => Ok(()),
            _ => Err(FilesError::invalid(&path, "is not a file, folder or link")),
        }
    }

    fn file(
        &mut self,
        path: &Path,
        (mode, time): (u32, u64),
        size: u64,
        content: &mut impl Read,
    ) -> Result<(), FilesError> {
        let (parent, name) = path::split(path)?;
        let folder = self.beneath.folder(parent)?;
        let mut staged = Staged::in_place(folder, name, mode, path.to_owned())?;
        let mut left = size;
        while left > 0 {
            let count = content.read(&mut self.buffer).map_err(read)?;
            if count == 0 {
                return Err(read(ErrorKind::ConnectionAborted.into()));
            }
            left = left.saturating_sub(count as u64);
            let written = io::Write::write_all(staged.file(), &self.buffer[..count]);
            written.map_err(|e| FilesError::of(path, e))?;
        }
        self.done.bytes += size;
        // Times are a courtesy; a file system that keeps none is no reason to refuse.
        let _ = rustix::fs::futimens(staged.file(), &times(time));
        staged.commit(Some(mode))?;
        self.done.files += 1;
        Ok(())
    }

    fn link(&mut self, path: &Path, target: &Path, kind: EntryType) -> Result<(), FilesError> {
        let (parent, name) = path::split(path)?;
        let failed = |e| FilesError::of(path, e);
        let temporary = Purpose::New.name();
        if kind == EntryType::Symlink {
            let folder = self.beneath.folder(parent)?;
            rustix::fs::symlinkat(target, folder, &temporary).map_err(failed)?;
        } else {
            let target = relative(target)?;
            let (from, original) = path::split(&target)?;
            let from = self.beneath.found(from)?;
            let folder = self.beneath.folder(parent)?;
            rustix::fs::linkat(from, original, folder, &temporary, AtFlags::empty())
                .map_err(failed)?;
        }
        let folder: &OwnedFd = self.beneath.folder(parent)?;
        let renamed = rustix::fs::renameat(folder, &temporary, folder, name);
        // Also after success: between two names of one file, a rename does nothing.
        let _ = rustix::fs::unlinkat(folder, &temporary, AtFlags::empty());
        renamed.map_err(failed)?;
        self.done.links += 1;
        Ok(())
    }

    /// Innermost folders first: one without rights hides what is in it.
    fn finish(&mut self) -> Result<(), FilesError> {
        self.folders.sort_unstable_by(|a, b| b.0.cmp(&a.0));
        for (path, mode, time) in std::mem::take(&mut self.folders) {
            let failed = |e| FilesError::of(&path, e);
            let folder = self.beneath.found(&path)?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let folder = rustix::fs::openat(&folder, ".", flags, Mode::empty()).map_err(failed)?;
            let _ = rustix::fs::futimens(&folder, &times(time));
            rustix::fs::fchmod(&folder, Mode::from_raw_mode(mode)).map_err(failed)?;
        }
        Ok(())
    }
}

fn times(seconds: u64) -> Timestamps {
    let time = Timespec {
        tv_sec: i64::try_from(seconds).unwrap_or_default(),
        tv_nsec: 0,
    };
    Timestamps {
        last_access: time,
        last_modification: time,
    }
}

/// What is wrong with the stream.
fn read(error: io::Error) -> FilesError {
    match error.kind() {
        ErrorKind::ConnectionAborted | ErrorKind::TimedOut => {
            FilesError::Invalid("the body ended early".to_owned())
        }
        _ => FilesError::Invalid(format!("the archive is not valid: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_moves_forward_only() {
        let mut onward = Onward {
            stream: &b"0123456789"[..],
            passed: 0,
        };
        let mut two = [0; 2];
        onward.read_exact(&mut two).unwrap();
        assert_eq!(onward.seek(SeekFrom::Current(3)).unwrap(), 5);
        assert_eq!(onward.stream_position().unwrap(), 5);
        onward.read_exact(&mut two).unwrap();
        assert_eq!(&two, b"56");
        assert_eq!(onward.seek(SeekFrom::Start(8)).unwrap(), 8);
        for back in [SeekFrom::Start(7), SeekFrom::Current(-1), SeekFrom::End(0)] {
            let refused = onward.seek(back).unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Unsupported, "{back:?}");
        }
        let ended = onward.seek(SeekFrom::Current(3)).unwrap_err();
        assert_eq!(ended.kind(), ErrorKind::UnexpectedEof);
    }
}
