//! Plain routes and who may use them, over a real listening server.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use common::{Agent, TOKEN};

const WITH_TOKEN: [(&str, &str); 1] = [("x-access-token", TOKEN)];

#[test]
fn health_needs_nothing() {
    let agent = Agent::bare();
    let (status, body) = agent.http("GET", "/health", &[], "");
    assert_eq!(status, 200);
    assert_eq!(
        body,
        format!(r#"{{"version":"{}"}}"#, env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn before_init_nobody_gets_in() {
    let agent = Agent::bare();
    for token in [None, Some(""), Some("guess")] {
        let headers: Vec<_> = token.iter().map(|t| ("x-access-token", *t)).collect();
        for path in ["/metrics", "/envs", "/nowhere", "/process.Process/List"] {
            let method = if path.starts_with("/process") {
                "POST"
            } else {
                "GET"
            };
            let (status, body) = agent.http(method, path, &headers, "{}");
            assert_eq!(status, 401, "{path} {token:?}");
            assert!(body.contains("X-Access-Token"), "{body}");
        }
    }
}

#[test]
fn what_is_held_back_is_written() {
    let agent = Agent::ready();
    assert_eq!(
        agent.http("POST", "/sync", &WITH_TOKEN, ""),
        (204, String::new())
    );
    assert_eq!(agent.http("GET", "/sync", &WITH_TOKEN, "").0, 405);
    assert_eq!(agent.http("POST", "/sync", &[], "").0, 401);
}

#[test]
fn the_token_opens_and_errors_have_their_form() {
    let agent = Agent::ready();
    let (status, body) = agent.http("GET", "/metrics", &WITH_TOKEN, "");
    assert_eq!(status, 200);
    let metrics: serde_json::Value = serde_json::from_str(&body).unwrap();
    for key in [
        "ts",
        "cpu_count",
        "mem_total",
        "mem_total_mib",
        "disk_total",
    ] {
        assert!(
            metrics[key].as_u64().is_some_and(|n| n > 0),
            "{key}: {body}"
        );
    }
    assert!(metrics["cpu_used_pct"].is_f64());

    let (status, body) = agent.http("GET", "/nowhere", &WITH_TOKEN, "");
    assert_eq!(
        (status, body.as_str()),
        (404, r#"{"code":404,"message":"no such route"}"#)
    );
    assert_eq!(agent.http("PUT", "/metrics", &WITH_TOKEN, "").0, 405);
    assert_eq!(
        agent
            .http("GET", "/metrics", &[("x-access-token", "no")], "")
            .0,
        401
    );
    let list = agent.http(
        "POST",
        "/process.Process/List",
        &[("content-type", "application/json")],
        "{}",
    );
    assert_eq!(list.0, 401);
    assert!(list.1.contains(r#""code":"unauthenticated""#), "{}", list.1);
}

#[test]
fn init_merges_variables_and_guards_the_token() {
    let agent = Agent::ready();
    let set = r#"{"envVars":{"A":"1"},"sandboxId":"cl-x"}"#;
    assert_eq!(agent.http("POST", "/init", &[], set).0, 401);
    assert_eq!(agent.http("POST", "/init", &WITH_TOKEN, set).0, 204);
    let (_, envs) = agent.http("GET", "/envs", &WITH_TOKEN, "");
    assert_eq!(envs, r#"{"A":"1"}"#);
    assert_eq!(agent.http("POST", "/init", &WITH_TOKEN, "{").0, 400);
    assert_eq!(
        agent
            .http("POST", "/init", &WITH_TOKEN, r#"{"accessToken":"new"}"#)
            .0,
        204
    );
    assert_eq!(agent.http("GET", "/envs", &WITH_TOKEN, "").0, 401);
    assert_eq!(
        agent
            .http("GET", "/envs", &[("x-access-token", "new")], "")
            .0,
        200
    );
}

#[test]
fn bodies_are_bounded() {
    let agent = Agent::bare();
    let body = " ".repeat((1 << 20) + 1);
    assert_eq!(agent.http("POST", "/init", &[], &body).0, 413);
}

#[test]
fn compressed_requests_are_refused_politely() {
    let agent = Agent::ready();
    let headers = [
        ("x-access-token", TOKEN),
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    let (status, body) = agent.http("POST", "/process.Process/List", &headers, "xx");
    assert_eq!(status, 501, "{body}");
    assert!(body.contains("unimplemented"), "{body}");
}
