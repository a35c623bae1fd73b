//! One event, and its form on the wire.

use std::path::{Path, PathBuf};

use crate::files::entry;
use crate::proto::filesystem::{EventType, FilesystemEvent};
use crate::users::Names;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Something is there that was not.
    Create,
    /// The contents of a file changed.
    Write,
    /// It is gone.
    Remove,
    /// It has another name, or is elsewhere.
    Rename,
    /// Mode, owner, times or attributes changed.
    Chmod,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Relative to the watched folder; empty for the folder itself.
    pub name: PathBuf,
    /// What.
    pub kind: Kind,
}

impl Change {
    /// What happened to what.
    pub fn new(kind: Kind, name: impl Into<PathBuf>) -> Change {
        Change {
            name: name.into(),
            kind,
        }
    }

    /// The form of the wire. With `root`, the path of the watched folder, also what is there now.
    pub fn wire(&self, root: Option<&Path>, names: &Names) -> FilesystemEvent {
        let gone = matches!(self.kind, Kind::Remove | Kind::Rename);
        let root = root.filter(|_| !gone);
        let entry = root.and_then(|root| entry::of(&root.join(&self.name), names).ok());
        let kind = match self.kind {
            Kind::Create => EventType::EVENT_TYPE_CREATE,
            Kind::Write => EventType::EVENT_TYPE_WRITE,
            Kind::Remove => EventType::EVENT_TYPE_REMOVE,
            Kind::Rename => EventType::EVENT_TYPE_RENAME,
            Kind::Chmod => EventType::EVENT_TYPE_CHMOD,
        };
        FilesystemEvent {
            name: self.name.to_string_lossy().into_owned(),
            r#type: kind.into(),
            entry: entry.into(),
            ..Default::default()
        }
    }
}
