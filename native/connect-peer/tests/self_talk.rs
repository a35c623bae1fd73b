//! The client against the server, in both codecs: what the README promises to other implementations.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

use serde_json::Value;

/// The program under test. Looked up at run time: the shell of the compiler wrapper drops
/// variables whose name has a hyphen.
fn peer() -> Command {
    Command::new(std::env::var("CARGO_BIN_EXE_connect-peer").unwrap())
}

struct Server {
    child: Child,
    input: Option<ChildStdin>,
    url: String,
}

impl Server {
    fn start() -> Server {
        let mut child = peer()
            .arg("server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port: u16 = line.trim().parse().unwrap();
        let input = child.stdin.take();
        Server {
            child,
            input,
            url: format!("http://127.0.0.1:{port}"),
        }
    }

    /// Runs one scenario in both codecs, which must agree, and returns its lines.
    fn call(&self, scenario: &str) -> Vec<Value> {
        let [json, proto] = ["json", "proto"].map(|codec| {
            let out = peer()
                .args(["client", &self.url, scenario, "--codec", codec])
                .output()
                .unwrap();
            assert!(out.status.success(), "{scenario}: {out:?}");
            String::from_utf8(out.stdout)
                .unwrap()
                .lines()
                .map(|line| serde_json::from_str(line).unwrap())
                .collect::<Vec<Value>>()
        });
        if scenario != "unary-deadline" {
            assert_eq!(json, proto, "{scenario}");
        }
        proto
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.input.take());
        assert!(self.child.wait().unwrap().success());
    }
}

#[test]
fn unary_calls() {
    let server = Server::start();
    let plain = server.call("unary");
    assert_eq!(plain.len(), 2);
    assert_eq!(plain[0]["text"], "hello");
    assert_eq!(plain[0]["remaining_ms"], -1);
    assert_eq!(plain[0]["header"], "connectrpc");
    assert_eq!(plain[1], serde_json::json!({"kind": "end"}));

    let large = server.call("unary-large");
    assert_eq!(large[0]["size"], 4 << 20);
    assert_eq!(large[0]["padding_ok"], true);

    let left = server.call("unary-deadline")[0]["remaining_ms"].as_i64();
    assert!(left.is_some_and(|ms| (20_000..=30_000).contains(&ms)));
}

#[test]
fn every_error_code_of_both_kinds() {
    let server = Server::start();
    let codes = [
        "canceled",
        "unknown",
        "invalid_argument",
        "deadline_exceeded",
        "not_found",
        "already_exists",
        "permission_denied",
        "resource_exhausted",
        "failed_precondition",
        "aborted",
        "out_of_range",
        "unimplemented",
        "internal",
        "unavailable",
        "data_loss",
        "unauthenticated",
    ];
    for code in codes {
        let error = serde_json::json!({"kind": "end", "code": code, "message": "hello"});
        assert_eq!(
            server.call(&format!("unary-error:{code}")),
            std::slice::from_ref(&error)
        );
        let lines = server.call(&format!("stream-error:{code}"));
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[2], error);
        assert_eq!(server.call(&format!("stream-error-first:{code}")), [error]);
    }
}

#[test]
fn streams() {
    let server = Server::start();
    let plain = server.call("stream");
    assert_eq!(plain.len(), 6);
    assert_eq!(plain[4]["index"], 4);
    assert_eq!(server.call("stream-empty").len(), 1);
    let large = server.call("stream-large");
    assert_eq!(large.len(), 65);
    assert!(large[..64].iter().all(|m| m["padding_ok"] == true));
    let left = server.call("stream-cancel");
    assert_eq!(left.len(), 3);
    assert_eq!(left[2]["canceled"], true);
}

#[test]
fn time_outs() {
    let server = Server::start();
    for scenario in ["unary-timeout", "stream-timeout"] {
        let lines = server.call(scenario);
        assert_eq!(lines.len(), 1, "{scenario}");
        assert_eq!(lines[0]["code"], "deadline_exceeded");
    }
}

#[test]
fn wrong_arguments() {
    for args in [&["client", "x"][..], &["dance"], &["server", "--port", "x"]] {
        let out = peer().args(args).output().unwrap();
        assert_eq!(out.status.code(), Some(2));
    }
}
