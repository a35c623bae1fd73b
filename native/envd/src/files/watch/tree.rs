//! One watched folder.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::inotify::{AddWatchFlags as Flags, InitFlags, Inotify, InotifyEvent};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::folders::{self, Folders, Found};
use super::{Change, Kind, Wish, refuse_network};
use crate::files::identity::act;
use crate::files::staged::Purpose;
use crate::files::{FilesError, path};
use crate::proto::filesystem::FilesystemEvent;
use crate::users::{Names, User};

/// Shared with the threads that add watches.
struct Shared(Arc<Inotify>);

impl AsRawFd for Shared {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// A watched folder, with those below when asked for.
pub struct Tree {
    inotify: AsyncFd<Shared>,
    user: User,
    root: PathBuf,
    wish: Wish,
    folders: Folders,
    /// Told of when their folder was found; the kernel may tell again.
    told: HashSet<PathBuf>,
    /// The cookie of a temporary name that is getting its real one.
    arriving: Option<(u32, Purpose)>,
    over: bool,
}

impl Tree {
    /// Watches the folder at `path` from now on.
    pub async fn watch(user: User, path: PathBuf, wish: Wish) -> Result<Tree, FilesError> {
        let inotify = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK);
        let inotify = inotify.map_err(|e| match e {
            Errno::EMFILE => FilesError::Limit("the system has too many watchers"),
            e => FilesError::of(Path::new("inotify"), e),
        })?;
        let inotify = Arc::new(inotify);
        let kernel = Arc::clone(&inotify);
        let (root, found) = act(&user, move || {
            let root = path::located(path)?;
            if !wish.network {
                refuse_network(&root)?;
            }
            let found = folders::watch_root(&kernel, &root, wish.recursive)?;
            Ok((root, found))
        })
        .await?;
        // SAFETY: the descriptor is owned by the AsyncFd and stays the same for as long as it lives.
        let registered =
            unsafe { AsyncFd::register_with_interest(Shared(inotify), Interest::READABLE) };
        let mut tree = Tree {
            inotify: registered.map_err(|e| FilesError::Io("inotify".to_owned(), e.into()))?,
            user,
            root,
            wish,
            folders: Folders::default(),
            told: HashSet::new(),
            arriving: None,
            over: false,
        };
        tree.folders.add(&found)?;
        Ok(tree)
    }

    /// Whether the folder itself is gone: nothing more will happen.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Waits until something happened. Dropping the future loses nothing.
    pub async fn ready(&self) {
        // An error here is one of reading, which reports it as well.
        let _ = self
            .inotify
            .readable()
            .await
            .map(|mut guard| guard.retain_ready());
    }

    /// What happened, oldest first; nothing when nothing did. Once begun it must be finished.
    pub async fn take(&mut self) -> Result<Vec<FilesystemEvent>, FilesError> {
        let read = self
            .inotify
            .try_io(Interest::READABLE, |shared| Ok(shared.0.read_events()?));
        let events = match read {
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                // All was read that the kernel had to tell about what was found.
                self.told.clear();
                return Ok(Vec::new());
            }
            other => other.map_err(|e| FilesError::of(&self.root, e))?,
        };
        let mut changes = Vec::new();
        for event in events {
            self.digest(event, &mut changes).await?;
        }
        changes.dedup();
        self.wire(changes).await
    }

    async fn digest(
        &mut self,
        event: InotifyEvent,
        changes: &mut Vec<Change>,
    ) -> Result<(), FilesError> {
        let has = |flag: Flags| event.mask.contains(flag);
        if has(Flags::IN_Q_OVERFLOW) {
            return Err(FilesError::Limit("events were lost"));
        }
        let Some(folder) = self.folders.path(event.wd) else {
            return Ok(());
        };
        let Some(name) = &event.name else {
            let is_root = folder.as_os_str().is_empty();
            if is_root
                && !self.over
                && event
                    .mask
                    .intersects(Flags::IN_DELETE_SELF | Flags::IN_MOVE_SELF)
            {
                let kind = match has(Flags::IN_DELETE_SELF) {
                    true => Kind::Remove,
                    false => Kind::Rename,
                };
                changes.push(Change::new(kind, ""));
                self.over = true;
            }
            if has(Flags::IN_IGNORED) {
                self.folders.forget(event.wd);
            }
            return Ok(());
        };
        let path = folder.join(name);
        if let Some(purpose) = Purpose::of(name) {
            if has(Flags::IN_MOVED_FROM) {
                self.arriving = Some((event.cookie, purpose));
            }
            return Ok(());
        }
        let is_folder = has(Flags::IN_ISDIR);
        if has(Flags::IN_MOVED_TO) {
            match self.arriving.take() {
                Some((cookie, purpose)) if cookie == event.cookie => {
                    if purpose == Purpose::New {
                        changes.push(Change::new(Kind::Create, &path));
                    }
                    changes.push(Change::new(Kind::Write, path));
                }
                _ => self.appeared(path, is_folder, changes).await?,
            }
        } else if has(Flags::IN_CREATE) {
            self.appeared(path, is_folder, changes).await?;
        } else {
            self.told.remove(&path);
            if is_folder
                && event
                    .mask
                    .intersects(Flags::IN_MOVED_FROM | Flags::IN_DELETE)
            {
                self.folders.leave(&self.inotify.get_ref().0, &path);
            }
            changes.extend(kind(event.mask).map(|kind| Change::new(kind, path)));
        }
        Ok(())
    }

    async fn appeared(
        &mut self,
        path: PathBuf,
        is_folder: bool,
        changes: &mut Vec<Change>,
    ) -> Result<(), FilesError> {
        if self.told.remove(&path) {
            return Ok(());
        }
        changes.push(Change::new(Kind::Create, &path));
        if is_folder && self.wish.recursive {
            let kernel = Arc::clone(&self.inotify.get_ref().0);
            let root = self.root.clone();
            let found: Found = act(&self.user, move || {
                folders::watch_new(&kernel, &root, &path)
            })
            .await?;
            self.folders.add(&found)?;
            let created = found.changes.iter().filter(|c| c.kind == Kind::Create);
            self.told.extend(created.map(|change| change.name.clone()));
            changes.extend(found.changes);
        }
        Ok(())
    }

    async fn wire(&self, changes: Vec<Change>) -> Result<Vec<FilesystemEvent>, FilesError> {
        let all = |changes: Vec<Change>, root: Option<&Path>, names: &Names| {
            let wire = |change: &Change| change.wire(root, names);
            changes.iter().map(wire).collect()
        };
        if !self.wish.entries || changes.is_empty() {
            return Ok(all(changes, None, &Names::default()));
        }
        let root = self.root.clone();
        act(&self.user, move || {
            Ok(all(changes, Some(&root), &Names::read()))
        })
        .await
    }
}

fn kind(mask: Flags) -> Option<Kind> {
    [
        (Flags::IN_MODIFY, Kind::Write),
        (Flags::IN_ATTRIB, Kind::Chmod),
        (Flags::IN_DELETE, Kind::Remove),
        (Flags::IN_MOVED_FROM, Kind::Rename),
    ]
    .into_iter()
    .find_map(|(flag, kind)| mask.contains(flag).then_some(kind))
}
