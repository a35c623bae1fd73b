//! What a capsule is told about itself: who it is, what time it is, and fresh randomness.
//! Only the first process of a machine applies this to its system; elsewhere it is only kept.

pub mod clock;
pub mod entropy;
pub mod identity;
pub mod mmds;

use std::path::PathBuf;

use nix::errno::Errno;
use thiserror::Error;

/// Why the system could not be told.
#[derive(Debug, Error)]
pub enum GuestError {
    /// The clock refused.
    #[error("clock: {0}")]
    Clock(Errno),
    /// The kernel's random pool refused.
    #[error("random pool: {0}")]
    Entropy(std::io::Error),
    /// The host name was refused.
    #[error("host name: {0}")]
    Hostname(Errno),
    /// A file could not be written.
    #[error("{0:?}: {1}")]
    File(PathBuf, std::io::Error),
}
