//! From pieces of a body to a file.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use bytes::Bytes;
use flate2::write::GzDecoder;
use futures::{Stream, StreamExt};

use super::{CHUNK, TransferError};
use crate::files::FilesError;
use crate::files::identity::act;
use crate::files::metadata::{self, Metadata};
use crate::files::staged::Staged;
use crate::users::User;

/// What to write.
pub struct Order {
    pub user: User,
    pub path: PathBuf,
    pub metadata: Metadata,
    pub gzip: bool,
}

/// A file being written. Dropped early, it leaves nothing.
struct Writer {
    staged: Staged,
    unpacking: Option<GzDecoder<File>>,
}

impl Writer {
    fn open(order: &Order) -> Result<Writer, FilesError> {
        let mut staged = Staged::at(&order.path)?;
        metadata::write(staged.file(), &order.metadata)?;
        let unpacking = match order.gzip {
            true => {
                let file = staged.file().try_clone();
                Some(GzDecoder::new(
                    file.map_err(|e| FilesError::of(&order.path, e))?,
                ))
            }
            false => None,
        };
        Ok(Writer { staged, unpacking })
    }

    fn write(mut self, pieces: &[Bytes]) -> Result<Writer, FilesError> {
        for piece in pieces {
            let written = match &mut self.unpacking {
                Some(decoder) => decoder.write_all(piece),
                None => self.staged.file().write_all(piece),
            };
            written.map_err(|e| self.failed(e))?;
        }
        Ok(self)
    }

    fn finish(mut self) -> Result<(), FilesError> {
        if let Some(decoder) = self.unpacking.take() {
            decoder.finish().map_err(|e| self.failed(e))?;
        }
        self.staged.commit(None)
    }

    /// What the decoder says by itself has no number of the kernel.
    fn failed(&self, error: io::Error) -> FilesError {
        match error.raw_os_error() {
            Some(_) => FilesError::of(self.staged.path(), error),
            None => FilesError::Invalid("the body is not valid gzip".to_owned()),
        }
    }
}

/// Writes all `pieces` to the file of `order`. While some are written, the next are received.
pub async fn write<S>(order: Order, pieces: &mut S) -> Result<(), TransferError>
where
    S: Stream<Item = Result<Bytes, TransferError>> + Unpin,
{
    metadata::check(&order.metadata)?;
    let user = order.user.clone();
    let step = |work: Box<dyn FnOnce() -> Result<Writer, FilesError> + Send>| {
        let user = user.clone();
        tokio::spawn(async move { act(&user, work).await })
    };
    let mut writing = step(Box::new(move || Writer::open(&order)));
    let mut waiting = Vec::new();
    let mut bytes = 0;
    loop {
        let piece = pieces.next().await.transpose()?;
        let is_last = piece.is_none();
        bytes += piece.as_ref().map_or(0, Bytes::len);
        waiting.extend(piece);
        if bytes < CHUNK && !is_last {
            continue;
        }
        let writer = writing.await.map_err(|e| failed(&e))??;
        if is_last {
            let end = move || writer.write(&waiting)?.finish();
            return Ok(act(&user, end).await?);
        }
        let batch = std::mem::take(&mut waiting);
        bytes = 0;
        writing = step(Box::new(move || writer.write(&batch)));
    }
}

fn failed(error: &tokio::task::JoinError) -> FilesError {
    FilesError::Io("writing".to_owned(), io::Error::other(error.to_string()))
}
