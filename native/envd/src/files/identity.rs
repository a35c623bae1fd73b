//! Doing something with the rights of a user.

use std::io;
use std::path::Path;

use nix::unistd::{Gid, Uid, geteuid, getgroups, setfsgid, setfsuid};

use super::FilesError;
use crate::users::User;

/// Does `work` on a thread that may block, with the rights of `user`. Once begun it ends, also
/// when the caller goes away.
pub async fn act<T: Send + 'static>(
    user: &User,
    work: impl FnOnce() -> Result<T, FilesError> + Send + 'static,
) -> Result<T, FilesError> {
    let user = user.clone();
    let done = tokio::task::spawn_blocking(move || {
        let _identity = Identity::enter(&user)?;
        work()
    });
    done.await.unwrap_or_else(|e| {
        let cause = io::Error::other(e.to_string());
        Err(FilesError::Io("file operation".to_owned(), cause))
    })
}

/// A thread that is `user` for the file system: see setfsuid(2). Without root's number the thread
/// has none of root's rights over files either; all others it keeps. Ends with this value.
pub struct Identity {
    /// Groups to go back to; `None` when nothing was changed.
    before: Option<Vec<Gid>>,
}

impl Identity {
    /// Takes on the identity; refused where this program is neither root nor that user.
    pub fn enter(user: &User) -> Result<Identity, FilesError> {
        let own = geteuid();
        if own.as_raw() == user.uid {
            return Ok(Identity { before: None });
        }
        if !own.is_root() {
            return Err(FilesError::Denied(format!("user {:?}", user.name)));
        }
        let failed = |e: io::Error| FilesError::of(Path::new("identity"), e);
        let before = getgroups().map_err(|e| failed(e.into()))?;
        // From here on, what was changed is undone by dropping.
        let identity = Identity {
            before: Some(before),
        };
        let groups: Vec<_> = user.groups.iter().copied().map(rustix_gid).collect();
        rustix::thread::set_thread_groups(&groups).map_err(|e| failed(e.into()))?;
        let (uid, gid) = (Uid::from_raw(user.uid), Gid::from_raw(user.gid));
        setfsgid(gid);
        setfsuid(uid);
        // These calls report no error; asking again tells what is in force.
        match setfsgid(gid) == gid && setfsuid(uid) == uid {
            true => Ok(identity),
            false => Err(FilesError::Denied(format!("user {:?}", user.name))),
        }
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        if let Some(before) = self.before.take() {
            setfsuid(geteuid());
            setfsgid(nix::unistd::getegid());
            let groups: Vec<_> = before.iter().map(|gid| rustix_gid(gid.as_raw())).collect();
            if let Err(e) = rustix::thread::set_thread_groups(&groups) {
                crate::note!("identity: {e}");
            }
        }
    }
}

fn rustix_gid(gid: u32) -> rustix::fs::Gid {
    rustix::fs::Gid::from_raw(gid)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    use super::*;

    fn nobody() -> User {
        User {
            name: "somebody".to_owned(),
            uid: 54_321,
            gid: 54_322,
            groups: vec![54_322, 54_323],
            home: "/".into(),
        }
    }

    #[test]
    fn another_user_has_their_rights_for_the_time_of_the_work() {
        let folder = tempfile::tempdir().unwrap();
        let (open, closed) = (folder.path().join("open"), folder.path().join("closed"));
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        fs::write(&closed, "secret").unwrap();
        fs::set_permissions(&closed, fs::Permissions::from_mode(0o600)).unwrap();
        let entered = Identity::enter(&nobody());
        if !geteuid().is_root() {
            assert!(matches!(entered, Err(FilesError::Denied(_))));
            return;
        }
        let identity = entered.unwrap();
        assert!(fs::read(&closed).is_err());
        fs::write(&open, "mine").unwrap();
        drop(identity);
        assert_eq!(fs::read(&closed).unwrap(), b"secret");
        let owner = fs::metadata(&open).unwrap();
        assert_eq!((owner.uid(), owner.gid()), (54_321, 54_322));
    }
}
