//! Between pieces of a body and a thread that reads or writes.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Longest wait for a peer.
pub const IDLE: Duration = Duration::from_secs(120);
/// Bytes of one piece that is written.
const CHUNK: usize = 256 << 10;

/// What goes through a bridge.
pub enum Piece {
    /// Data.
    Data(Bytes),
    /// The body is complete: nothing follows. Without it, it was cut off.
    End,
}

/// The end for a thread that reads.
pub struct Reader {
    pieces: mpsc::Receiver<Piece>,
    current: Bytes,
    is_complete: bool,
    runtime: Handle,
}

impl Reader {
    /// Reads from `pieces`. To be made within the runtime.
    pub fn new(pieces: mpsc::Receiver<Piece>) -> Reader {
        Reader {
            pieces,
            current: Bytes::new(),
            is_complete: false,
            runtime: Handle::current(),
        }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.is_complete {
            let next = timeout_of(&self.runtime, self.pieces.recv())?;
            match next {
                Some(Piece::Data(data)) => self.current = data,
                Some(Piece::End) => self.is_complete = true,
                None => return Err(io::Error::from(ErrorKind::ConnectionAborted)),
            }
        }
        let count = buffer.len().min(self.current.len());
        buffer[..count].copy_from_slice(&self.current.split_to(count));
        Ok(count)
    }
}

/// The end for a thread that writes. Dropped before [`Writer::finish`], it was cut off.
pub struct Writer {
    pieces: mpsc::Sender<Piece>,
    buffer: Vec<u8>,
    runtime: Handle,
}

impl Writer {
    /// Writes to `pieces`. To be made within the runtime.
    pub fn new(pieces: mpsc::Sender<Piece>) -> Writer {
        Writer {
            pieces,
            buffer: Vec::new(),
            runtime: Handle::current(),
        }
    }

    /// Sends what is left, and that it was all.
    pub fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        self.send(Piece::End)
    }

    fn send(&self, piece: Piece) -> io::Result<()> {
        let sent = timeout_of(&self.runtime, self.pieces.send(piece))?;
        sent.map_err(|_| io::Error::from(ErrorKind::BrokenPipe))
    }
}

impl Write for Writer {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let count = data.len().min(CHUNK - self.buffer.len());
        self.buffer.extend_from_slice(&data[..count]);
        if self.buffer.len() == CHUNK {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        match std::mem::take(&mut self.buffer) {
            empty if empty.is_empty() => Ok(()),
            data => self.send(Piece::Data(data.into())),
        }
    }
}

fn timeout_of<T>(runtime: &Handle, wait: impl Future<Output = T>) -> io::Result<T> {
    let waited = runtime.block_on(async { timeout(IDLE, wait).await });
    waited.map_err(|_| io::Error::from(ErrorKind::TimedOut))
}
