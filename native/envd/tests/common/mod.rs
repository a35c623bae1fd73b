//! A running envd and a client for it.
#![allow(dead_code)] // each test binary uses a part of it

pub mod place;
pub mod plain;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use connectrpc::client::{CallOptions, ClientConfig, HttpClient};
use connectrpc::{CodecFormat, ConnectError};
use envd::proto::filesystem::FilesystemClient;
use envd::proto::process::process_event::{DataEvent, EndEvent, Event, data_event::Output};
use envd::proto::process::process_selector::Selector;
use envd::proto::process::{
    ConnectRequest, ProcessClient, ProcessConfig, ProcessEvent, ProcessSelector, StartRequest,
};

pub const TOKEN: &str = "the-token";

/// The program under test on a free port; it ends with this value.
pub struct Agent {
    child: Child,
    pub address: SocketAddr,
}

impl Agent {
    /// Started, and told nothing.
    pub fn bare() -> Agent {
        Agent::with(&[])
    }

    /// Started with more arguments, and told nothing.
    pub fn with(more: &[&str]) -> Agent {
        let mut child = Command::new(env!("CARGO_BIN_EXE_envd"))
            .args(["--listen", "127.0.0.1:0"])
            .args(more)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let address = line.trim().parse().unwrap();
        Agent { child, address }
    }

    /// Started, with [`TOKEN`] as token.
    pub fn ready() -> Agent {
        let agent = Agent::bare();
        let (status, _) = agent.http(
            "POST",
            "/init",
            &[],
            &format!(r#"{{"accessToken":"{TOKEN}"}}"#),
        );
        assert_eq!(status, 204);
        agent
    }

    /// Most bytes that the program ever had in memory.
    pub fn peak_memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find_map(|l| l.strip_prefix("VmHWM:"))
            .unwrap();
        let kib: usize = line.trim().trim_end_matches(" kB").parse().unwrap();
        kib << 10
    }

    /// A client that has the token.
    pub fn client(&self, codec: CodecFormat) -> ProcessClient<HttpClient> {
        ProcessClient::new(
            HttpClient::plaintext(),
            self.config(codec)
                .with_default_timeout(Duration::from_secs(60)),
        )
    }

    /// A client of the file service that has the token.
    pub fn files(&self, codec: CodecFormat) -> FilesystemClient<HttpClient> {
        let config = self.config(codec);
        FilesystemClient::new(
            HttpClient::plaintext(),
            config.with_default_timeout(Duration::from_secs(60)),
        )
    }

    /// A client that has the token and lets the server alone keep the time.
    pub fn patient_client(&self) -> ProcessClient<HttpClient> {
        ProcessClient::new(HttpClient::plaintext(), self.config(CodecFormat::Proto))
    }

    fn config(&self, codec: CodecFormat) -> ClientConfig {
        let uri = format!("http://{}", self.address).parse().unwrap();
        ClientConfig::new(uri)
            .with_codec_format(codec)
            .with_default_header("x-access-token", TOKEN)
    }

    /// One plain request: status and body.
    pub fn http(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> (u16, String) {
        let reply = plain::request(self.address, method, path, headers, body.as_bytes());
        (reply.status, reply.text())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let pid = nix::unistd::Pid::from_raw(self.child.id() as i32);
        let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM);
        assert!(self.child.wait().unwrap().success());
    }
}

/// The request for `sh -c script`.
pub fn shell(script: &str) -> StartRequest {
    program("sh", &["-c", script])
}

pub fn program(cmd: &str, args: &[&str]) -> StartRequest {
    StartRequest {
        process: ProcessConfig {
            cmd: cmd.to_owned(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Default::default()
        }
        .into(),
        stdin: Some(false),
        ..Default::default()
    }
}

pub fn pid(pid: u32) -> ProcessSelector {
    ProcessSelector {
        selector: Some(Selector::Pid(pid)),
        ..Default::default()
    }
}

pub fn tag(tag: &str) -> ProcessSelector {
    ProcessSelector {
        selector: Some(Selector::Tag(tag.to_owned())),
        ..Default::default()
    }
}

/// What one process said, all of it.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Run {
    pub pid: u32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub terminal: Vec<u8>,
    pub end: Option<EndEvent>,
    pub keepalives: usize,
}

impl Run {
    pub fn add(&mut self, event: ProcessEvent) {
        assert!(self.end.is_none(), "an event after the end: {event:?}");
        match event.event.unwrap() {
            Event::Start(start) => self.pid = start.pid,
            Event::Data(data) => self.data(*data),
            Event::End(end) => self.end = Some(*end),
            Event::Keepalive(_) => self.keepalives += 1,
        }
        assert_ne!(self.pid, 0, "the first event is start");
    }

    fn data(&mut self, data: DataEvent) {
        match data.output.unwrap() {
            Output::Stdout(bytes) => self.stdout.extend(bytes),
            Output::Stderr(bytes) => self.stderr.extend(bytes),
            Output::Pty(bytes) => self.terminal.extend(bytes),
        }
    }

    pub fn stdout(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub fn exit_code(&self) -> i32 {
        self.end.as_ref().unwrap().exit_code
    }
}

/// Starts and reads to the end.
pub async fn run(
    client: &ProcessClient<HttpClient>,
    request: StartRequest,
    options: CallOptions,
) -> Result<Run, ConnectError> {
    let mut stream = client.start_with_options(request, options).await?;
    let mut run = Run::default();
    while let Some(message) = stream.message().await? {
        run.add(message.to_owned_message().event.into_option().unwrap());
    }
    assert!(run.end.is_some(), "a clean end comes after the end event");
    Ok(run)
}

/// Connects and reads to the end.
pub async fn attach(
    client: &ProcessClient<HttpClient>,
    process: ProcessSelector,
) -> Result<Run, ConnectError> {
    let request = ConnectRequest {
        process: process.into(),
        ..Default::default()
    };
    let mut stream = client.connect(request).await?;
    let mut run = Run::default();
    while let Some(message) = stream.message().await? {
        run.add(message.to_owned_message().event.into_option().unwrap());
    }
    Ok(run)
}
