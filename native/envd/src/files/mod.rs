//! Files of the capsule: looked at, changed, watched, and written whole.
//!
//! Everything here blocks, and is done with the rights of the user that the caller names: so it
//! runs on the threads of [`identity::act`], which take on the file system identity of that user
//! for the time of one operation. New files and folders belong to the user without more ado, and
//! the kernel alone decides what is allowed.
//!
//! - [`path`]: from the words of a caller to a path.
//! - [`operations`], [`entry`], [`service`]: the file service.
//! - [`watch`]: what happens in a folder.
//! - [`staged`], [`metadata`]: one file that appears whole or not at all.

pub mod entry;
pub mod identity;
pub mod metadata;
pub mod mounts;
pub mod operations;
pub mod path;
pub mod service;
pub mod staged;
pub mod watch;

use std::fmt::Display;
use std::io;
use std::path::Path;

use connectrpc::{ConnectError, ErrorDetail};
use http::StatusCode;
use nix::errno::Errno;
use thiserror::Error;

use crate::proto::filesystem::StorageFull;
use crate::users::UserError;

/// Why something about a file was refused.
#[derive(Debug, Error)]
pub enum FilesError {
    /// Nothing is there.
    #[error("{0}: no such file or folder")]
    NotFound(String),
    /// Something is there that would have to be overwritten.
    #[error("{0}: exists already")]
    Exists(String),
    /// The request makes no sense for what is there.
    #[error("{0}")]
    Invalid(String),
    /// The user may not.
    #[error("{0}: permission denied")]
    Denied(String),
    /// The disk or the quota.
    #[error("no space left on the disk")]
    Full,
    /// A bound of this program or of the kernel.
    #[error("{0}")]
    Limit(&'static str),
    /// The user is not known.
    #[error(transparent)]
    User(#[from] UserError),
    /// Anything else that the kernel says.
    #[error("{0}: {1}")]
    Io(String, io::Error),
}

impl FilesError {
    /// What the kernel said about `path`.
    pub fn of(path: &Path, error: impl Into<io::Error>) -> FilesError {
        let error = error.into();
        let shown = path.display().to_string();
        let Some(code) = error.raw_os_error() else {
            return FilesError::Io(shown, error);
        };
        match Errno::from_raw(code) {
            Errno::ENOENT => FilesError::NotFound(shown),
            Errno::EEXIST | Errno::ENOTEMPTY => FilesError::Exists(shown),
            Errno::EACCES | Errno::EPERM | Errno::EROFS => FilesError::Denied(shown),
            Errno::ENOSPC | Errno::EDQUOT | Errno::EFBIG => FilesError::Full,
            Errno::ENOTDIR => FilesError::invalid(path, "not a folder"),
            Errno::EISDIR => FilesError::invalid(path, "is a folder"),
            Errno::ENAMETOOLONG => FilesError::Invalid("the path is too long".to_owned()),
            Errno::ELOOP => FilesError::invalid(path, "too many links"),
            Errno::EBUSY => FilesError::invalid(path, "is in use by the system"),
            Errno::EXDEV => FilesError::invalid(path, "is on another file system"),
            Errno::EINVAL | Errno::ENXIO => {
                FilesError::invalid(path, "not possible with this file")
            }
            _ => FilesError::Io(shown, error),
        }
    }

    /// `path` and what is wrong with it.
    pub fn invalid(path: &Path, what: impl Display) -> FilesError {
        FilesError::Invalid(format!("{}: {what}", path.display()))
    }

    /// The status of the plain routes.
    pub fn status(&self) -> StatusCode {
        match self {
            FilesError::NotFound(_) => StatusCode::NOT_FOUND,
            FilesError::Exists(_) => StatusCode::CONFLICT,
            FilesError::Invalid(_) | FilesError::User(_) => StatusCode::BAD_REQUEST,
            FilesError::Denied(_) => StatusCode::FORBIDDEN,
            FilesError::Full => StatusCode::INSUFFICIENT_STORAGE,
            FilesError::Limit(_) => StatusCode::TOO_MANY_REQUESTS,
            FilesError::Io(..) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<FilesError> for ConnectError {
    fn from(error: FilesError) -> ConnectError {
        let message = error.to_string();
        match error {
            FilesError::NotFound(_) => ConnectError::not_found(message),
            FilesError::Exists(_) => ConnectError::already_exists(message),
            FilesError::Invalid(_) | FilesError::User(_) => ConnectError::invalid_argument(message),
            FilesError::Denied(_) => ConnectError::permission_denied(message),
            FilesError::Full => {
                let detail =
                    ErrorDetail::from_message("filesystem.StorageFull", &StorageFull::default());
                ConnectError::resource_exhausted(message).with_detail(detail)
            }
            FilesError::Limit(_) => ConnectError::resource_exhausted(message),
            FilesError::Io(..) => ConnectError::internal(message),
        }
    }
}
