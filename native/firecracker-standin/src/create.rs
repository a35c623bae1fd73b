//! `PUT /snapshot/create`: files as Firecracker writes them.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use serde_json::Value;

use crate::guest::{Memory, PAGE};

/// Writes the state; what was there is gone.
pub fn state(path: &str, state: &Value) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(state.to_string().as_bytes())?;
    file.sync_all()
}

/// Writes memory into a file as long as it: all of it, or what was written since the last time. An
/// existing file of that length keeps the rest, as the real one does.
///
/// # Errors
/// Also when only what was written is asked for and nobody noted it.
pub fn memory(path: &str, memory: &Memory, all: bool) -> io::Result<()> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    let size = memory.size() as u64;
    if file.metadata()?.len() != size {
        file.set_len(0)?;
    }
    file.set_len(size)?;
    let written = memory.take_written();
    let pages = match (all, written) {
        (true, _) => (0..memory.size() / PAGE).collect(),
        (false, Some(pages)) => pages,
        (false, None) => return Err(io::Error::other("dirty pages are not tracked")),
    };
    for page in pages {
        file.write_all_at(&memory.page(page), (page * PAGE) as u64)?;
    }
    file.sync_all()
}
