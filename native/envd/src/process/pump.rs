//! Moves output from a pipe or terminal into the log of the process.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::endpoint::Endpoint;
use super::output::{Output, Stream};

/// Largest piece of pipe and terminal output.
const PIPE_PIECE: usize = 32 << 10;
const TERMINAL_PIECE: usize = 16 << 10;

/// How long children that the process left behind may still add output.
const GRACE: Duration = Duration::from_millis(200);

/// What a terminal may hold when its process ends; it cannot tell as a pipe can.
const TERMINAL_REST: usize = 64 << 10;

/// One source of output.
pub struct Source {
    /// Our end.
    pub endpoint: Arc<Endpoint>,
    /// What it carries.
    pub stream: Stream,
}

impl Source {
    /// Moves output until the source ends. Once `exited` is true, only what the process had
    /// written by then, and what comes within a short grace: somebody it left behind may hold the
    /// other end for ever. That somebody can go on writing, but nobody reads it any more.
    pub async fn pump(self, output: Arc<Output>, mut exited: watch::Receiver<bool>) {
        let piece = match self.stream {
            Stream::Terminal => TERMINAL_PIECE,
            Stream::Stdout | Stream::Stderr => PIPE_PIECE,
        };
        loop {
            tokio::select! {
                biased;
                () = seen(&mut exited) => break,
                read = self.endpoint.read(piece) => match read {
                    Ok(bytes) if !bytes.is_empty() => output.push(self.stream, bytes).await,
                    _ => return,
                },
            }
        }
        if !self.drain(&output, piece).await {
            tokio::spawn(discard(self.endpoint));
        }
    }

    /// Reads the rest. True when the source ended.
    async fn drain(&self, output: &Output, piece: usize) -> bool {
        let mut rest = match self.stream {
            Stream::Terminal => TERMINAL_REST,
            Stream::Stdout | Stream::Stderr => self.endpoint.pending(),
        };
        let give_up = Instant::now() + GRACE;
        while rest > 0 || Instant::now() < give_up {
            tokio::select! {
                biased;
                read = self.endpoint.read(piece) => match read {
                    Ok(bytes) if !bytes.is_empty() => {
                        rest = rest.saturating_sub(bytes.len());
                        output.push(self.stream, bytes).await;
                    }
                    _ => return true,
                },
                () = sleep_until(give_up) => return false,
            }
        }
        false
    }
}

/// Waits until `exited` is true, or nobody can make it so any more.
async fn seen(exited: &mut watch::Receiver<bool>) {
    let _ = exited.wait_for(|exited| *exited).await;
}

/// Reads and forgets, so that programs left behind neither stop nor die of a closed pipe.
async fn discard(endpoint: Arc<Endpoint>) {
    while endpoint
        .read(PIPE_PIECE)
        .await
        .is_ok_and(|bytes| !bytes.is_empty())
    {}
}
