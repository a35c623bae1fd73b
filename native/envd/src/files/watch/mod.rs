//! What happens in a folder, by inotify(7).
//!
//! A [`tree::Tree`] is one watched folder, with the folders below when asked for. It is read by one
//! stream, or by the task of one polled watcher ([`polled`]). Buffers are bounded: what a stream
//! does not read waits in the kernel, what is not polled waits in a queue; where either is full,
//! the reader is told that events were lost.

mod change;
mod folders;
mod polled;
mod stream;
mod tree;

pub use change::{Change, Kind};
pub use polled::Watchers;
pub use stream::events;
pub use tree::Tree;

use std::path::Path;

use rustix::fs::statfs;

use super::FilesError;

/// Types of file systems that others can change unseen (linux/magic.h; statfs(2)).
const NETWORK: [u32; 6] = [
    0x0000_6969, // NFS
    0x0000_517b, // SMB
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB2
    0x6573_5546, // FUSE
    0x0102_1997, // 9P
];

/// What a caller wants to be told.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wish {
    /// Of the folders below as well.
    pub recursive: bool,
    /// With what is there now.
    pub entries: bool,
    /// On network file systems as well.
    pub network: bool,
}

/// Refuses network file systems: their events do not tell what other machines do.
fn refuse_network(path: &Path) -> Result<(), FilesError> {
    let found = statfs(path).map_err(|e| FilesError::of(path, e))?;
    // The field is wider than the 32 bits that it holds, and signed.
    let kind = (found.f_type as u64 & 0xffff_ffff) as u32;
    match NETWORK.contains(&kind) {
        true => Err(FilesError::invalid(path, "is on a network file system")),
        false => Ok(()),
    }
}
