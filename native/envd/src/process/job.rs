//! One started process, from its first subscriber to its last output.

use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use nix::sys::signal::Signal;
use tokio::sync::{Mutex, oneshot, watch};
use tokio::task::JoinSet;

use super::ProcessError;
use super::children::Children;
use super::endpoint::Endpoint;
use super::output::{Outcome, Output};
use super::pump::Source;
use super::spawn::{Sink, Spawned};
use super::terminal::{self, Size};
use crate::proto::process::ProcessConfig;

/// A process and what belongs to it.
pub struct Job {
    /// Number of the process and of its group.
    pub pid: u32,
    /// Name that its caller gave it.
    pub tag: Option<String>,
    /// What was asked for.
    pub config: ProcessConfig,
    /// Its output.
    pub output: Arc<Output>,
    input: Input,
    ended: AtomicBool,
}

/// The pipe is behind a lock that is held while a write waits: input of two callers does not mix.
enum Input {
    None,
    Pipe(Mutex<Option<Endpoint>>),
    Terminal(Arc<Endpoint>),
}

/// The parts of a started process that its supervisor uses up.
pub struct Supervised {
    status: oneshot::Receiver<ExitStatus>,
    sources: Vec<Source>,
}

impl Job {
    /// The job of a process that was just started and writes to `output`.
    pub fn new(
        spawned: Spawned,
        tag: Option<String>,
        config: ProcessConfig,
        output: Arc<Output>,
    ) -> (Arc<Job>, Supervised) {
        let input = match spawned.sink {
            Sink::None => Input::None,
            Sink::Pipe(endpoint) => Input::Pipe(Mutex::new(Some(endpoint))),
            Sink::Terminal(endpoint) => Input::Terminal(endpoint),
        };
        let job = Job {
            pid: spawned.pid,
            tag,
            config,
            output,
            input,
            ended: AtomicBool::new(false),
        };
        let supervised = Supervised {
            status: spawned.status,
            sources: spawned.sources,
        };
        (Arc::new(job), supervised)
    }

    /// Whether the process itself has ended; its output may still be read.
    pub fn ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Sees the process to its end: moves its output, kills its group at `deadline`, and ends the
    /// log after the last output.
    pub async fn supervise(
        &self,
        parts: Supervised,
        children: &Children,
        deadline: Option<Instant>,
    ) {
        let (exited, seen) = watch::channel(false);
        let mut pumps = JoinSet::new();
        for source in parts.sources {
            pumps.spawn(source.pump(Arc::clone(&self.output), seen.clone()));
        }
        let mut status = parts.status;
        let (status, timed_out) = tokio::select! {
            status = &mut status => (status, false),
            () = until(deadline) => {
                children.signal_group(self.pid, Signal::SIGKILL);
                (status.await, true)
            }
        };
        self.ended.store(true, Ordering::Release);
        exited.send_replace(true);
        while pumps.join_next().await.is_some() {}
        self.output.finish(match status {
            Ok(status) if !timed_out => Outcome::Ended(status),
            _ => Outcome::TimedOut,
        });
        if let Input::Pipe(pipe) = &self.input {
            pipe.lock().await.take();
        }
    }

    /// Writes to the standard input; waits while the process does not read.
    pub async fn write_stdin(&self, bytes: &[u8]) -> Result<(), ProcessError> {
        match &self.input {
            Input::Pipe(pipe) => match pipe.lock().await.as_ref() {
                Some(endpoint) => write(endpoint, bytes).await,
                None => Err(ProcessError::Refused("standard input is closed")),
            },
            Input::Terminal(_) => Err(ProcessError::Refused("the process has a terminal")),
            Input::None => Err(ProcessError::Refused("started without standard input")),
        }
    }

    /// Types into the terminal.
    pub async fn write_terminal(&self, bytes: &[u8]) -> Result<(), ProcessError> {
        write(self.terminal()?, bytes).await
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, size: Size) -> Result<(), ProcessError> {
        terminal::resize(self.terminal()?.fd(), size).map_err(|e| ProcessError::Io("resize", e))
    }

    /// Ends the standard input. Again: nothing happens.
    pub async fn close_stdin(&self) -> Result<(), ProcessError> {
        match &self.input {
            Input::Pipe(pipe) => {
                pipe.lock().await.take();
                Ok(())
            }
            Input::Terminal(_) => Err(ProcessError::Refused("a terminal ends by typing ^D")),
            Input::None => Ok(()),
        }
    }

    fn terminal(&self) -> Result<&Endpoint, ProcessError> {
        match &self.input {
            Input::Terminal(endpoint) => Ok(endpoint),
            _ => Err(ProcessError::Refused("the process has no terminal")),
        }
    }
}

async fn write(endpoint: &Endpoint, bytes: &[u8]) -> Result<(), ProcessError> {
    match endpoint.write_all(bytes).await {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => {
            Err(ProcessError::Refused("standard input is closed"))
        }
        Err(e) => Err(ProcessError::Io("input", e)),
    }
}

/// Waits for `deadline`; for ever without one.
async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
