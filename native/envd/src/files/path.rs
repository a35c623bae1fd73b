//! From the words of a caller to a path.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::FilesError;
use crate::users::User;

/// The absolute path that `text` is for `user`: without `.`, doubled and trailing slashes. `..`
/// stays for [`located`], because only the file system knows where it leads.
pub fn absolute(text: &str, user: &User) -> Result<PathBuf, FilesError> {
    if text.is_empty() {
        return Err(FilesError::Invalid("the path is empty".to_owned()));
    }
    if text.contains('\0') {
        return Err(FilesError::Invalid("the path has a zero byte".to_owned()));
    }
    let path: PathBuf = user.at_home(text).components().collect();
    match path.is_absolute() {
        true => Ok(path),
        false => Err(FilesError::invalid(&path, "the home is not absolute")),
    }
}

/// `path` without `..`: what leads up is followed as the kernel does, so that it may not go through
/// files or what is missing. Links are followed only on that part.
pub fn located(path: PathBuf) -> Result<PathBuf, FilesError> {
    let parts: Vec<Component> = path.components().collect();
    let Some(last_up) = parts.iter().rposition(|part| *part == Component::ParentDir) else {
        return Ok(path);
    };
    let (up, rest) = parts.split_at(last_up + 1);
    let up: PathBuf = up.iter().collect();
    let up = fs::canonicalize(&up).map_err(|e| FilesError::of(&up, e))?;
    Ok(rest.iter().fold(up, |path, part| path.join(part)))
}

/// Folder and name of `path`; the root has none.
pub fn split(path: &Path) -> Result<(&Path, &std::ffi::OsStr), FilesError> {
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok((folder, name)),
        _ => Err(FilesError::invalid(path, "has no name")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user() -> User {
        User {
            name: "ada".to_owned(),
            uid: 1000,
            gid: 1000,
            groups: vec![1000],
            home: "/home/ada".into(),
        }
    }

    #[test]
    fn paths_are_made_absolute_and_tidy() {
        for (text, expected) in [
            ("/a//b/./c/", "/a/b/c"),
            ("a", "/home/ada/a"),
            ("~/a", "/home/ada/a"),
            ("~", "/home/ada"),
            (".", "/home/ada"),
            ("/", "/"),
            ("/a/../b", "/a/../b"),
        ] {
            assert_eq!(absolute(text, &user()).unwrap(), PathBuf::from(expected));
        }
        for bad in ["", "\0", "/a\0b"] {
            assert!(matches!(
                absolute(bad, &user()),
                Err(FilesError::Invalid(_))
            ));
        }
    }

    #[test]
    fn the_way_up_is_the_kernels() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("real/deep")).unwrap();
        fs::write(root.join("file"), "").unwrap();
        std::os::unix::fs::symlink("real/deep", root.join("link")).unwrap();
        let located = |path: &str| located(root.join(path));
        assert_eq!(located("link/../x").unwrap(), root.join("real/x"));
        assert_eq!(located("link/x").unwrap(), root.join("link/x"));
        assert_eq!(located("real/..").unwrap(), root);
        assert!(matches!(located("file/../x"), Err(FilesError::Invalid(_))));
        assert!(matches!(located("no/../x"), Err(FilesError::NotFound(_))));
    }

    proptest! {
        #[test]
        fn any_text_is_refused_or_absolute(text in "[~/.a\0]{0,12}|\\PC*") {
            if let Ok(path) = absolute(&text, &user()) {
                prop_assert!(path.is_absolute());
                prop_assert!(path.components().all(|part| part != Component::CurDir));
                let again = absolute(path.to_str().unwrap(), &user()).unwrap();
                prop_assert_eq!(again, path);
            }
        }
    }
}
