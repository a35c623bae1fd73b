//! The process service over a real listening server.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use common::{Agent, Run, attach, pid, program, run, shell, tag};
use connectrpc::client::CallOptions;
use connectrpc::{CodecFormat, ErrorCode};
use envd::proto::process::process_input::Input;
use envd::proto::process::pty::Size;
use envd::proto::process::{
    CloseStdinRequest, ListRequest, PTY, ProcessInput, ProcessSelector, SendInputRequest,
    SendSignalRequest, Signal, StreamInputRequest, UpdateRequest, stream_input_request,
};

const CODECS: [CodecFormat; 2] = [CodecFormat::Json, CodecFormat::Proto];

fn no_options() -> CallOptions {
    CallOptions::default()
}

fn kill(process: ProcessSelector, signal: Signal) -> SendSignalRequest {
    SendSignalRequest {
        process: process.into(),
        signal: signal.into(),
        ..Default::default()
    }
}

fn input(process: ProcessSelector, input: Input) -> SendInputRequest {
    SendInputRequest {
        process: process.into(),
        input: ProcessInput {
            input: Some(input),
            ..Default::default()
        }
        .into(),
        ..Default::default()
    }
}

fn close(process: ProcessSelector) -> CloseStdinRequest {
    CloseStdinRequest {
        process: process.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn output_and_status_in_both_codecs() {
    let agent = Agent::ready();
    for codec in CODECS {
        let client = agent.client(codec);
        let script = "printf out; printf err >&2; exit 3";
        let run = run(&client, shell(script), no_options()).await.unwrap();
        assert_eq!(
            (run.stdout(), &run.stderr[..]),
            ("out".to_owned(), &b"err"[..])
        );
        let end = run.end.unwrap();
        assert_eq!((end.exit_code, end.exited), (3, true));
        assert_eq!(end.status, "exit status 3");
    }
}

#[tokio::test]
async fn nothing_of_a_short_command_is_lost() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    for i in 0..100 {
        let text = i.to_string();
        let run = run(&client, program("echo", &["-n", &text]), no_options())
            .await
            .unwrap();
        assert_eq!(run.stdout(), text);
        assert_eq!(run.exit_code(), 0);
    }
    let list = client
        .list(ListRequest::default())
        .await
        .unwrap()
        .into_owned();
    assert!(list.processes.is_empty());
}

#[tokio::test]
async fn much_output_arrives_whole_and_in_order() {
    let agent = Agent::ready();
    for codec in CODECS {
        let client = agent.client(codec);
        let run = run(&client, program("seq", &["1", "500000"]), no_options())
            .await
            .unwrap();
        let expected: String = (1..=500_000).map(|i| format!("{i}\n")).collect();
        assert!(run.stdout() == expected);
    }
}

#[tokio::test]
async fn variables_folder_and_user() {
    let agent = Agent::ready();
    let headers = [("x-access-token", common::TOKEN)];
    let init = r#"{"envVars":{"A":"1","B":"1"},"sandboxId":"cl-x","defaultWorkdir":"/usr"}"#;
    assert_eq!(agent.http("POST", "/init", &headers, init).0, 204);
    let client = agent.client(CodecFormat::Proto);
    let mut request = shell("echo $A $B $WRENN_SANDBOX $WRENN_SANDBOX_ID; pwd");
    request.process.modify(|p| {
        p.envs = HashMap::from([("B".into(), "2".into())])
            .into_iter()
            .collect()
    });
    let run_default = run(&client, request.clone(), no_options()).await.unwrap();
    assert_eq!(run_default.stdout(), "1 2 true cl-x\n/usr\n");
    request.process.modify(|p| p.cwd = Some("/tmp".to_owned()));
    let run_cwd = run(&client, request, no_options()).await.unwrap();
    assert_eq!(run_cwd.stdout(), "1 2 true cl-x\n/tmp\n");
    if nix::unistd::geteuid().is_root() {
        // base64 of "nobody:"
        let options = no_options().with_header("authorization", "Basic bm9ib2R5Og==");
        let request = shell("id -un; echo $USER $LOGNAME; cat /proc/self/oom_score_adj");
        let run = run(&client, request, options).await.unwrap();
        assert_eq!(run.stdout(), "nobody\nnobody nobody\n100\n");
    }
}

#[tokio::test]
async fn refusals_say_why() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Json);
    let missing = run(&client, program("no-such-program", &[]), no_options())
        .await
        .unwrap_err();
    assert_eq!(missing.code, ErrorCode::NotFound);
    assert!(missing.message.unwrap().contains("no-such-program"));

    let mut request = shell("true");
    request
        .process
        .modify(|p| p.cwd = Some("/no/such/folder".to_owned()));
    let folder = run(&client, request, no_options()).await.unwrap_err();
    assert_eq!(folder.code, ErrorCode::InvalidArgument);
    assert!(folder.message.unwrap().contains("/no/such/folder"));

    let file = run(&client, program("/etc/passwd", &[]), no_options())
        .await
        .unwrap_err();
    assert_eq!(file.code, ErrorCode::PermissionDenied);

    // base64 of "no-such-user:"
    let options = no_options().with_header("authorization", "Basic bm8tc3VjaC11c2VyOg==");
    let user = run(&client, shell("true"), options).await.unwrap_err();
    assert_eq!(user.code, ErrorCode::InvalidArgument);

    let unknown = client
        .send_signal(kill(pid(1), Signal::Sigkill))
        .await
        .unwrap_err();
    assert_eq!(unknown.code, ErrorCode::NotFound);
    assert_eq!(
        attach(&client, tag("nobody")).await.unwrap_err().code,
        ErrorCode::NotFound
    );
}

#[tokio::test]
async fn a_signal_reaches_the_group() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    for (signal, code) in [(Signal::Sigkill, 137), (Signal::Sigterm, 143)] {
        // The sleep holds the pipe: the end comes only when it dies, too.
        let request = shell("sleep 1000 & echo $!; wait");
        let mut stream = client.start(request).await.unwrap();
        let mut run = Run::default();
        while run.stdout.is_empty() {
            let message = stream.message().await.unwrap().unwrap();
            run.add(message.to_owned_message().event.into_option().unwrap());
        }
        let sleeper: i32 = run.stdout().trim().parse().unwrap();
        client
            .send_signal(kill(pid(run.pid), signal))
            .await
            .unwrap();
        while let Some(message) = stream.message().await.unwrap() {
            run.add(message.to_owned_message().event.into_option().unwrap());
        }
        assert_eq!(run.exit_code(), code);
        let end = run.end.unwrap();
        assert!(!end.exited && end.status.starts_with("signal: "));
        dead(sleeper).await;
    }
}

/// A process that dies closes its pipes a moment before it is a zombie or gone.
async fn dead(process: i32) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        if stat.is_empty() || stat.contains(") Z ") {
            return;
        }
        assert!(Instant::now() < deadline, "{stat}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn the_time_out_kills_the_group() {
    let agent = Agent::ready();
    let client = agent.patient_client();
    let options = no_options().with_header("connect-timeout-ms", "300");
    let started = Instant::now();
    let error = run(&client, shell("echo before; sleep 1000 & wait"), options)
        .await
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::DeadlineExceeded);
    assert!(started.elapsed() < Duration::from_secs(20));
    let list = client
        .list(ListRequest::default())
        .await
        .unwrap()
        .into_owned();
    assert!(list.processes.is_empty());
}

#[tokio::test]
async fn a_child_left_behind_does_not_keep_the_stream_open() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    let started = Instant::now();
    // One that is silent and one that never stops writing.
    for child in ["sleep 1000", "while echo noise; do :; done"] {
        let script = format!("({child}) & echo said; echo $! >&2");
        let run = run(&client, shell(&script), no_options()).await.unwrap();
        let child: i32 = String::from_utf8_lossy(&run.stderr).trim().parse().unwrap();
        assert!(run.stdout().contains("said"));
        assert_eq!(run.exit_code(), 0);
        // It was left alone.
        nix::sys::signal::kill(
            nix::unistd::Pid::from_raw(child),
            nix::sys::signal::Signal::SIGKILL,
        )
        .unwrap();
    }
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn input_goes_in_and_ends() {
    let agent = Agent::ready();
    for codec in CODECS {
        let client = agent.client(codec);
        let mut request = program("cat", &[]);
        request.stdin = None;
        let mut stream = client.start(request).await.unwrap();
        let mut run = Run::default();
        let first = stream.message().await.unwrap().unwrap();
        run.add(first.to_owned_message().event.into_option().unwrap());
        let large = vec![b'x'; 1 << 20];
        let feed = async {
            client
                .send_input(input(pid(run.pid), Input::Stdin(b"hello ".to_vec())))
                .await
                .unwrap();
            client
                .send_input(input(pid(run.pid), Input::Stdin(large.clone())))
                .await
                .unwrap();
            client.close_stdin(close(pid(run.pid))).await.unwrap();
        };
        let mut rest = Run {
            pid: run.pid,
            ..Run::default()
        };
        let read = async {
            while let Some(message) = stream.message().await.unwrap() {
                rest.add(message.to_owned_message().event.into_option().unwrap());
            }
        };
        futures::join!(feed, read);
        assert_eq!(rest.stdout.len(), 6 + large.len());
        assert_eq!(rest.exit_code(), 0);
    }
}

#[tokio::test]
async fn input_can_come_as_a_stream() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    let mut request = program("head", &["-c", "6"]);
    request.stdin = Some(true);
    request.tag = Some("head".to_owned());
    let mut stream = client.start(request).await.unwrap();
    let first = stream.message().await.unwrap().unwrap();
    let mut run = Run::default();
    run.add(first.to_owned_message().event.into_option().unwrap());
    let start = stream_input_request::StartEvent {
        process: tag("head").into(),
        ..Default::default()
    };
    let piece = |text: &str| {
        stream_input_request::Event::from(stream_input_request::DataEvent {
            input: ProcessInput {
                input: Some(Input::Stdin(text.as_bytes().to_vec())),
                ..Default::default()
            }
            .into(),
            ..Default::default()
        })
    };
    let events = [start.into(), piece("abc"), piece("def")].map(|event| StreamInputRequest {
        event: Some(event),
        ..Default::default()
    });
    client
        .stream_input(connectrpc::stream_iter(events))
        .await
        .unwrap();
    while let Some(message) = stream.message().await.unwrap() {
        run.add(message.to_owned_message().event.into_option().unwrap());
    }
    assert_eq!((run.stdout().as_str(), run.exit_code()), ("abcdef", 0));
}

#[tokio::test]
async fn without_standard_input_there_is_an_empty_one() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    let run = run(&client, program("cat", &[]), no_options())
        .await
        .unwrap();
    assert_eq!((run.stdout.len(), run.exit_code()), (0, 0));
    let mut stream = client.start(program("sleep", &["1000"])).await.unwrap();
    let start = stream.message().await.unwrap().unwrap().to_owned_message();
    let mut sleeper = Run::default();
    sleeper.add(start.event.into_option().unwrap());
    let refused = client
        .send_input(input(pid(sleeper.pid), Input::Stdin(vec![1])))
        .await;
    assert_eq!(refused.unwrap_err().code, ErrorCode::FailedPrecondition);
}

#[tokio::test]
async fn a_caller_that_leaves_only_detaches() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    let mut request = shell("echo first; read line; echo got $line");
    request.stdin = Some(true);
    request.tag = Some("job".to_owned());
    let mut stream = client.start(request.clone()).await.unwrap();
    let mut before = Run::default();
    while before.stdout.is_empty() {
        let message = stream.message().await.unwrap().unwrap();
        before.add(message.to_owned_message().event.into_option().unwrap());
    }
    drop(stream);

    let list = client
        .list(ListRequest::default())
        .await
        .unwrap()
        .into_owned();
    assert_eq!(list.processes.len(), 1);
    assert_eq!(list.processes[0].tag.as_deref(), Some("job"));
    assert_eq!(list.processes[0].pid, before.pid);
    let taken = run(&client, request, no_options()).await.unwrap_err();
    assert_eq!(taken.code, ErrorCode::AlreadyExists);

    let feed = client.send_input(input(tag("job"), Input::Stdin(b"word\n".to_vec())));
    let (fed, attached) = futures::join!(feed, attach(&client, tag("job")));
    fed.unwrap();
    let attached = attached.unwrap();
    assert_eq!(attached.stdout(), "first\ngot word\n");

    // For a while after its end it can be read again, but it is neither listed nor signalled.
    assert_eq!(attach(&client, pid(before.pid)).await.unwrap(), attached);
    assert!(
        client
            .list(ListRequest::default())
            .await
            .unwrap()
            .into_owned()
            .processes
            .is_empty()
    );
    let gone = client
        .send_signal(kill(tag("job"), Signal::Sigkill))
        .await
        .unwrap_err();
    assert_eq!(gone.code, ErrorCode::NotFound);
}

#[tokio::test]
async fn a_slow_reader_stops_the_process_and_not_the_memory() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    let script = "head -c 100000000 /dev/zero; echo done >&2";
    let mut stream = client.start(shell(script)).await.unwrap();
    let mut run = Run::default();
    while let Some(message) = stream.message().await.unwrap() {
        // Much slower than the writer: gives way many times for each piece.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        run.add(message.to_owned_message().event.into_option().unwrap());
    }
    assert_eq!(run.stdout.len(), 100_000_000);
    assert_eq!(run.stderr, b"done\n");
    let peak = agent.peak_memory();
    assert!(peak < 32 << 20, "the agent used {peak} bytes");
}

#[tokio::test]
async fn terminals() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Json);
    let size = |cols, rows| PTY {
        size: Size {
            cols,
            rows,
            ..Default::default()
        }
        .into(),
        ..Default::default()
    };
    let mut request = shell("stty size; read x; stty size; echo $TERM; test -t 0 && exit 4");
    request.pty = size(100, 30).into();
    let mut stream = client.start(request).await.unwrap();
    let mut run = Run::default();
    while !run.terminal.ends_with(b"30 100\r\n") {
        let message = stream.message().await.unwrap().unwrap();
        run.add(message.to_owned_message().event.into_option().unwrap());
    }
    let update = UpdateRequest {
        process: pid(run.pid).into(),
        pty: size(120, 40).into(),
        ..Default::default()
    };
    client.update(update).await.unwrap();
    client
        .send_input(input(pid(run.pid), Input::Pty(b"\n".to_vec())))
        .await
        .unwrap();
    while let Some(message) = stream.message().await.unwrap() {
        run.add(message.to_owned_message().event.into_option().unwrap());
    }
    let said = String::from_utf8(run.terminal.clone()).unwrap();
    assert!(said.contains("40 120\r\nxterm-256color\r\n"), "{said:?}");
    assert_eq!(run.exit_code(), 4);
}

#[tokio::test]
async fn silence_is_filled_with_keepalives() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    let options = no_options().with_header("keepalive-ping-interval", "1");
    let run = run(&client, program("sleep", &["2.5"]), options)
        .await
        .unwrap();
    assert_eq!(run.keepalives, 2);
}

#[tokio::test]
async fn many_at_once() {
    let agent = Agent::ready();
    let client = agent.client(CodecFormat::Proto);
    let runs = (0..50).map(|i| {
        let client = client.clone();
        async move {
            let script = format!("head -c 200000 /dev/zero | tr '\\0' x; exit {i}");
            run(&client, shell(&script), no_options()).await.unwrap()
        }
    });
    for (i, run) in futures::future::join_all(runs)
        .await
        .into_iter()
        .enumerate()
    {
        assert_eq!((run.stdout.len(), run.exit_code()), (200_000, i as i32));
    }
}
