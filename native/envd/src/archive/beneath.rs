//! Folders below an open one, in a way that cannot lead out of it.
//!
//! The kernel resolves each path under RESOLVE_BENEATH, see openat2(2): `..`, absolute links and
//! links that lead out are refused at the moment of use, whatever others do to the folder
//! meanwhile.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use crate::files::FilesError;

/// Tries of a resolution that a rename elsewhere disturbed: openat2(2) says EAGAIN.
const TRIES: usize = 16;

/// An open folder, and the folder below it that was used last.
pub struct Beneath {
    root: OwnedFd,
    last: Option<(PathBuf, OwnedFd)>,
}

impl Beneath {
    /// What is below the folder `root`.
    pub fn new(root: OwnedFd) -> Beneath {
        Beneath { root, last: None }
    }

    /// The folder `path`, made with its parents where it is missing.
    pub fn folder(&mut self, path: &Path) -> Result<&OwnedFd, FilesError> {
        if self.last.as_ref().is_none_or(|(last, _)| last != path) {
            let folder = self.open(path)?;
            self.last = Some((path.to_owned(), folder));
        }
        Ok(self.last.as_ref().map_or(&self.root, |(_, folder)| folder))
    }

    fn open(&self, path: &Path) -> Result<OwnedFd, FilesError> {
        match self.existing(path) {
            Err(Errno::NOENT) => {
                let mut parent = self.root.try_clone().map_err(|e| FilesError::of(path, e))?;
                for part in path {
                    parent = make(&parent, part).map_err(|e| of(path, e))?;
                }
                Ok(parent)
            }
            other => other.map_err(|e| of(path, e)),
        }
    }

    /// The folder `path`, if it is there.
    fn existing(&self, path: &Path) -> Result<OwnedFd, Errno> {
        match path.as_os_str().is_empty() {
            true => open(&self.root, Path::new(".")),
            false => open(&self.root, path),
        }
    }

    /// The folder `path`, which must be there.
    pub fn found(&self, path: &Path) -> Result<OwnedFd, FilesError> {
        self.existing(path).map_err(|e| of(path, e))
    }
}

/// The folder `name` of `parent`, made if it is missing.
fn make(parent: &OwnedFd, name: &OsStr) -> Result<OwnedFd, Errno> {
    match rustix::fs::mkdirat(parent, name, Mode::from_raw_mode(0o755)) {
        Ok(()) | Err(Errno::EXIST) => open(parent, Path::new(name)),
        Err(e) => Err(e),
    }
}

fn open(parent: impl AsFd, path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let mut tries = 0;
    loop {
        match rustix::fs::openat2(&parent, path, flags, Mode::empty(), resolve) {
            Err(Errno::AGAIN) if tries < TRIES => tries += 1,
            other => return other,
        }
    }
}

fn of(path: &Path, errno: Errno) -> FilesError {
    match errno {
        Errno::XDEV => FilesError::invalid(path, "leads out of the folder"),
        Errno::EXIST => FilesError::invalid(path, "is not a folder"),
        other => FilesError::of(path, other),
    }
}

/// `path` of an archive as a path below a folder; empty for the folder itself.
pub fn relative(path: &Path) -> Result<PathBuf, FilesError> {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => clean.push(name),
            Component::CurDir => {}
            _ => return Err(FilesError::invalid(path, "leads out of the folder")),
        }
    }
    match clean.as_os_str().as_encoded_bytes().contains(&0) {
        true => Err(FilesError::Invalid("a name has a zero byte".to_owned())),
        false => Ok(clean),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn folders_are_made_below_and_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("root/in")).unwrap();
        fs::create_dir(at("out")).unwrap();
        fs::write(at("root/file"), "").unwrap();
        for (link, target) in [
            ("up", "../out"),
            ("abs", "/tmp"),
            ("inner", "in"),
            ("lost", "no"),
        ] {
            symlink(target, at("root").join(link)).unwrap();
        }
        let root = fs::File::open(at("root")).unwrap();
        let mut beneath = Beneath::new(root.into());
        beneath.folder(Path::new("a/b")).unwrap();
        beneath.folder(Path::new("inner/c")).unwrap();
        beneath.folder(Path::new("")).unwrap();
        assert!(at("root/a/b").is_dir() && at("root/in/c").is_dir());
        for bad in [
            "up",
            "up/x",
            "abs/x",
            "file",
            "file/x",
            "lost/x",
            "../out",
            "a/../../out",
        ] {
            let refused = beneath.folder(Path::new(bad)).map(|_| ());
            assert!(refused.is_err(), "{bad}");
        }
        assert_eq!(fs::read_dir(at("out")).unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn relative_paths_have_names_only(path in "[/.a\0]{0,10}|\\PC*") {
            if let Ok(clean) = relative(Path::new(&path)) {
                prop_assert!(clean.components().all(|c| matches!(c, Component::Normal(_))));
            }
        }
    }
}
