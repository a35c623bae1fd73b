//! One file that appears whole or not at all: written beside its place, then renamed.

use std::collections::hash_map::RandomState;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;

use super::{FilesError, operations, path};

/// How temporary names of new files begin: watches do not show them.
const NEW: &str = ".wrenn-new-";
/// The same of files that replace another.
const REPLACING: &str = ".wrenn-replacing-";
/// Most links that lead from a path to its file, as in the kernel.
const MAX_LINKS: usize = 40;
const FILE_MODE: u32 = 0o644;

/// What a temporary name is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A file where there was none.
    New,
    /// A file in the place of another.
    Replacing,
}

impl Purpose {
    /// What `name` is for, when it is a temporary name.
    pub fn of(name: &OsStr) -> Option<Purpose> {
        let starts = |prefix: &str| name.as_bytes().starts_with(prefix.as_bytes());
        match (starts(NEW), starts(REPLACING)) {
            (true, _) => Some(Purpose::New),
            (_, true) => Some(Purpose::Replacing),
            _ => None,
        }
    }

    /// A name that nobody else has.
    pub fn name(self) -> OsString {
        let prefix = match self {
            Purpose::New => NEW,
            Purpose::Replacing => REPLACING,
        };
        // Keyed by randomness of the system and different at each call.
        let random = RandomState::new().build_hasher().finish();
        format!("{prefix}{random:016x}").into()
    }
}

/// A file that is being written. Dropped before [`Staged::commit`], it leaves nothing.
#[derive(Debug)]
pub struct Staged<F: AsFd = OwnedFd> {
    folder: F,
    name: OsString,
    /// The path, for errors.
    shown: PathBuf,
    temporary: OsString,
    file: File,
    /// Of the file in whose place this one comes.
    before: Option<Stat>,
    /// Whether it has its name.
    done: bool,
}

impl Staged {
    /// Begins a file at `path`, making missing folders. Links are followed.
    pub fn at(path: &Path) -> Result<Staged, FilesError> {
        let path = followed(path::located(path.to_owned())?)?;
        let (parent, name) = path::split(&path)?;
        let open = || {
            rustix::fs::open(
                parent,
                OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::PATH,
                Mode::empty(),
            )
        };
        let folder = match open() {
            Err(Errno::NOENT) => {
                operations::make_parents(&path)?;
                open()
            }
            other => other,
        };
        let folder = folder.map_err(|e| FilesError::of(parent, e))?;
        Staged::within(folder, name, path.clone())
    }
}

impl<F: AsFd> Staged<F> {
    /// Begins the file `name` of an open folder. A link of that name will be replaced.
    pub fn within(folder: F, name: &OsStr, shown: PathBuf) -> Result<Staged<F>, FilesError> {
        let failed = |e| FilesError::of(&shown, e);
        let before = before(&folder, name, &shown)?;
        let purpose = match before {
            None => Purpose::New,
            Some(_) => Purpose::Replacing,
        };
        let temporary = purpose.name();
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        let file = rustix::fs::openat(&folder, &temporary, flags, mode).map_err(failed)?;
        Ok(Staged {
            folder,
            name: name.to_owned(),
            shown,
            temporary,
            file: file.into(),
            before,
            done: false,
        })
    }

    /// Begins the file `name` of an open folder under its own name, when that is free: half the work
    /// for the file system, but whoever looks there sees it grow. Otherwise as
    /// [`Staged::within`].
    pub fn in_place(
        folder: F,
        name: &OsStr,
        mode: u32,
        shown: PathBuf,
    ) -> Result<Staged<F>, FilesError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        match rustix::fs::openat(&folder, name, flags, Mode::from_raw_mode(mode)) {
            Err(Errno::EXIST) => Staged::within(folder, name, shown),
            Err(e) => Err(FilesError::of(&shown, e)),
            Ok(file) => Ok(Staged {
                folder,
                name: name.to_owned(),
                shown,
                temporary: name.to_owned(),
                file: file.into(),
                before: None,
                done: false,
            }),
        }
    }

    /// Where to write.
    pub fn file(&mut self) -> &mut File {
        &mut self.file
    }

    /// The path of the file, links followed.
    pub fn path(&self) -> &Path {
        &self.shown
    }

    /// Gives the file its name and the mode and owner of the one before, else `mode` or 0644.
    pub fn commit(mut self, mode: Option<u32>) -> Result<(), FilesError> {
        let failed = |e| FilesError::of(&self.shown, e);
        if let Some(before) = &self.before {
            let owner = (Uid::from_raw(before.st_uid), Gid::from_raw(before.st_gid));
            // Only root may; from others the file goes over to them.
            let _ = rustix::fs::fchown(&self.file, Some(owner.0), Some(owner.1));
        }
        let before = self.before.as_ref().map(|stat| stat.st_mode & 0o7777);
        let mode = mode.or(before).unwrap_or(FILE_MODE);
        let in_place = self.temporary == self.name;
        // Made with it as a rule, and each change is a transaction of the file system.
        if !(in_place && has_mode(&self.file, mode)) {
            rustix::fs::fchmod(&self.file, Mode::from_raw_mode(mode)).map_err(failed)?;
        }
        if !in_place {
            rustix::fs::renameat(&self.folder, &self.temporary, &self.folder, &self.name)
                .map_err(failed)?;
        }
        self.done = true;
        Ok(())
    }
}

/// Whether neither the umask nor a default ACL has taken something away.
fn has_mode(file: &File, mode: u32) -> bool {
    rustix::fs::fstat(file).is_ok_and(|stat| stat.st_mode & 0o7777 == mode)
}

impl<F: AsFd> Drop for Staged<F> {
    fn drop(&mut self) {
        if !self.done {
            let _ = rustix::fs::unlinkat(&self.folder, &self.temporary, AtFlags::empty());
        }
    }
}

/// The regular file that would be replaced, if the user may write to it.
fn before(folder: &impl AsFd, name: &OsStr, shown: &Path) -> Result<Option<Stat>, FilesError> {
    let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(None),
        other => other.map_err(|e| FilesError::of(shown, e))?,
    };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {
            rustix::fs::accessat(folder, name, Access::WRITE_OK, AtFlags::EACCESS)
                .map_err(|e| FilesError::of(shown, e))?;
            Ok(Some(stat))
        }
        FileType::Symlink => Ok(None),
        FileType::Directory => Err(FilesError::invalid(shown, "is a folder")),
        _ => Err(FilesError::invalid(shown, "is not a regular file")),
    }
}

/// Where the links at the end of `path` lead, whether there is something or not.
fn followed(mut path: PathBuf) -> Result<PathBuf, FilesError> {
    for _ in 0..MAX_LINKS {
        let Ok(target) = fs::read_link(&path) else {
            return Ok(path);
        };
        let (parent, _) = path::split(&path)?;
        path = path::located(parent.join(target))?;
    }
    Err(FilesError::of(&path, Errno::LOOP))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn put(path: &Path, text: &str) -> Result<(), FilesError> {
        let mut staged = Staged::at(path)?;
        staged.file().write_all(text.as_bytes()).unwrap();
        staged.commit(None)
    }

    fn names(folder: &Path) -> Vec<String> {
        let paths = operations::sorted(folder).unwrap();
        let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
        paths.iter().map(name).collect()
    }

    #[test]
    fn a_file_appears_whole_and_keeps_the_mode_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file");
        put(&path, "one").unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o644);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o750)).unwrap();
        put(&path, "two").unwrap();
        assert_eq!((mode(), fs::read(&path).unwrap()), (0o750, b"two".to_vec()));
        assert_eq!(names(path.parent().unwrap()), ["file"]);
    }

    #[test]
    fn in_place_is_new_files_only() {
        let folder = tempfile::tempdir().unwrap();
        let begin = || {
            let open = fs::File::open(folder.path()).unwrap();
            let shown = folder.path().join("file");
            Staged::in_place(OwnedFd::from(open), OsStr::new("file"), 0o640, shown).unwrap()
        };
        let path = folder.path().join("file");
        let mut staged = begin();
        staged.file().write_all(b"half").unwrap();
        assert_eq!(names(folder.path()), ["file"]);
        drop(staged);
        assert!(names(folder.path()).is_empty());
        let mut staged = begin();
        staged.file().write_all(b"one").unwrap();
        staged.commit(Some(0o666)).unwrap(); // neither made with it nor by any umask
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode, fs::read(&path).unwrap()), (0o666, b"one".to_vec()));
        // what is there stays whole until it is replaced
        let mut staged = begin();
        staged.file().write_all(b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one");
        drop(staged);
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_dropped_file_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        put(&path, "old").unwrap();
        for place in [&path, &folder.path().join("other")] {
            let mut staged = Staged::at(place).unwrap();
            staged.file().write_all(b"half").unwrap();
            assert_eq!(names(folder.path()).len(), 2);
            drop(staged);
        }
        assert_eq!(names(folder.path()), ["file"]);
        assert_eq!(fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn links_are_followed_to_where_they_lead() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        symlink("middle", at("link")).unwrap();
        symlink("new/target", at("middle")).unwrap();
        put(&at("link"), "x").unwrap();
        assert_eq!(fs::read(at("new/target")).unwrap(), b"x");
        assert!(at("link").is_symlink());
        symlink("b", at("a")).unwrap();
        symlink("a", at("b")).unwrap();
        assert!(matches!(put(&at("a"), ""), Err(FilesError::Invalid(_))));
    }

    #[test]
    fn what_is_no_file_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        for bad in ["/dev/null", "/", "/proc"] {
            let refused = put(Path::new(bad), "x");
            assert!(matches!(refused, Err(FilesError::Invalid(_))), "{bad}");
        }
        for bad in [folder.path().to_owned(), folder.path().join("file/x")] {
            assert!(matches!(put(&bad, "x"), Err(FilesError::Invalid(_))));
        }
    }

    #[test]
    fn temporary_names_say_what_they_are_for() {
        for purpose in [Purpose::New, Purpose::Replacing] {
            assert_eq!(Purpose::of(&purpose.name()), Some(purpose));
            assert_ne!(purpose.name(), purpose.name());
        }
        assert_eq!(Purpose::of(OsStr::new("file")), None);
    }
}
