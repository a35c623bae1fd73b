//! Processes that callers start: how they are made, watched, fed and read.
//!
//! A [`job::Job`] is one started process. Its output goes through two pipes (or one terminal) into
//! an [`output::Output`], a bounded log that any number of subscribers read, each at its own
//! position: the log is the replay buffer for those who come late, and the brake for a process
//! whose readers are slow. The first subscriber exists before the process does. When the process
//! has ended, what it had written is read to the end, and only then does the log end.

mod child;
mod children;
mod endpoint;
pub mod events;
pub mod job;
pub mod output;
mod pump;
pub mod service;
mod spawn;
pub mod table;
mod terminal;

use std::io::{self, ErrorKind};

use connectrpc::ConnectError;
use thiserror::Error;

use crate::users::UserError;

/// Why a request about a process was refused.
#[derive(Debug, Error)]
pub enum ProcessError {
    /// The program is nowhere.
    #[error("program {0:?} not found")]
    NoProgram(String),
    /// The file is there, but is not a program.
    #[error("{0:?} is not executable")]
    NotExecutable(String),
    /// The working folder is missing or not a folder.
    #[error("working folder {0:?} does not exist")]
    NoFolder(String),
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(&'static str),
    /// The user is not known.
    #[error(transparent)]
    User(#[from] UserError),
    /// A live process has this tag.
    #[error("tag {0:?} belongs to a running process")]
    TagTaken(String),
    /// No such process, or it has ended.
    #[error("no process {0}")]
    Unknown(String),
    /// The process cannot do this in its present state.
    #[error("{0}")]
    Refused(&'static str),
    /// The kernel did not start it.
    #[error("cannot start {0:?}: {1}")]
    Start(String, io::Error),
    /// A pipe or terminal failed.
    #[error("{0}: {1}")]
    Io(&'static str, io::Error),
}

impl From<ProcessError> for ConnectError {
    fn from(error: ProcessError) -> ConnectError {
        use ProcessError as E;
        let message = error.to_string();
        match error {
            E::NoProgram(_) | E::Unknown(_) => ConnectError::not_found(message),
            E::NotExecutable(_) => ConnectError::permission_denied(message),
            E::NoFolder(_) | E::Invalid(_) | E::User(_) => ConnectError::invalid_argument(message),
            E::TagTaken(_) => ConnectError::already_exists(message),
            E::Refused(_) => ConnectError::failed_precondition(message),
            E::Start(_, cause) => match cause.kind() {
                ErrorKind::PermissionDenied => ConnectError::permission_denied(message),
                ErrorKind::ArgumentListTooLong | ErrorKind::InvalidInput => {
                    ConnectError::invalid_argument(message)
                }
                ErrorKind::WouldBlock | ErrorKind::OutOfMemory => {
                    ConnectError::resource_exhausted(message)
                }
                _ => ConnectError::internal(message),
            },
            E::Io(..) => ConnectError::internal(message),
        }
    }
}
