//! From the log of a process to the events of the wire.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use connectrpc::ConnectError;
use futures::Stream as Events;
use futures::stream;

use super::job::Job;
use super::output::{Item, Outcome, Stream, Subscriber};
use crate::proto::process::ProcessEvent;
use crate::proto::process::process_event::{
    DataEvent, EndEvent, Event, KeepAlive, StartEvent, data_event,
};

/// Shell convention: 128 and the number of the signal.
const SIGNALLED: i32 = 128;

enum Step {
    Start(Arc<Job>, Subscriber),
    Follow(Subscriber),
    Over,
}

/// The events of a job: `start`, then its output, then `end`; `keepalive` whenever nothing came
/// for that long. A job whose time was over ends with the error `deadline_exceeded`.
pub fn of(
    job: Arc<Job>,
    subscriber: Subscriber,
    keepalive: Duration,
) -> impl Events<Item = Result<ProcessEvent, ConnectError>> + Send + 'static {
    stream::unfold(Step::Start(job, subscriber), move |step| async move {
        match step {
            Step::Start(job, subscriber) => {
                let event = Event::from(StartEvent {
                    pid: job.pid,
                    ..Default::default()
                });
                Some((Ok(wrap(event)), Step::Follow(subscriber)))
            }
            Step::Follow(subscriber) => Some(follow(subscriber, keepalive).await),
            Step::Over => None,
        }
    })
}

async fn follow(
    mut subscriber: Subscriber,
    keepalive: Duration,
) -> (Result<ProcessEvent, ConnectError>, Step) {
    match tokio::time::timeout(keepalive, subscriber.next()).await {
        Err(_quiet) => (
            Ok(wrap(KeepAlive::default().into())),
            Step::Follow(subscriber),
        ),
        Ok(Item::Data(stream, bytes)) => {
            let bytes = bytes.to_vec();
            let output = match stream {
                Stream::Stdout => data_event::Output::Stdout(bytes),
                Stream::Stderr => data_event::Output::Stderr(bytes),
                Stream::Terminal => data_event::Output::Pty(bytes),
            };
            let event = DataEvent {
                output: Some(output),
                ..Default::default()
            };
            (Ok(wrap(event.into())), Step::Follow(subscriber))
        }
        Ok(Item::End(Outcome::Ended(status))) => (Ok(wrap(end(status).into())), Step::Over),
        Ok(Item::End(Outcome::TimedOut)) => (
            Err(ConnectError::deadline_exceeded(
                "the time of the process is over, it was killed",
            )),
            Step::Over,
        ),
    }
}

fn wrap(event: Event) -> ProcessEvent {
    ProcessEvent {
        event: Some(event),
        ..Default::default()
    }
}

fn end(status: ExitStatus) -> EndEvent {
    let (exit_code, exited, text) = match (status.code(), status.signal()) {
        (Some(code), _) => (code, true, format!("exit status {code}")),
        (None, Some(signal)) => (
            SIGNALLED + signal,
            false,
            format!("signal: {}", name(signal)),
        ),
        (None, None) => (-1, false, "unknown".to_owned()),
    };
    EndEvent {
        exit_code,
        exited,
        error: (exit_code != 0).then(|| text.clone()),
        status: text,
        ..Default::default()
    }
}

/// The words that clients know from Go's os/exec.
fn name(signal: i32) -> String {
    let known = match signal {
        libc::SIGHUP => "hangup",
        libc::SIGINT => "interrupt",
        libc::SIGQUIT => "quit",
        libc::SIGILL => "illegal instruction",
        libc::SIGTRAP => "trace/breakpoint trap",
        libc::SIGABRT => "aborted",
        libc::SIGBUS => "bus error",
        libc::SIGFPE => "floating point exception",
        libc::SIGKILL => "killed",
        libc::SIGSEGV => "segmentation fault",
        libc::SIGPIPE => "broken pipe",
        libc::SIGALRM => "alarm clock",
        libc::SIGTERM => "terminated",
        other => return format!("signal {other}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_say_how() {
        // wait(2): the exit code is in the second byte, the signal in the first.
        let ok = end(ExitStatus::from_raw(0));
        assert_eq!((ok.exit_code, ok.exited, ok.error), (0, true, None));
        assert_eq!(ok.status, "exit status 0");
        let failed = end(ExitStatus::from_raw(3 << 8));
        assert_eq!(failed.exit_code, 3);
        assert_eq!(failed.error.as_deref(), Some("exit status 3"));
        let killed = end(ExitStatus::from_raw(9));
        assert_eq!((killed.exit_code, killed.exited), (137, false));
        assert_eq!(killed.status, "signal: killed");
        assert_eq!(end(ExitStatus::from_raw(40)).status, "signal: signal 40");
    }
}
