//! Who a capsule is, from a metadata service of version 2 that is as strict as Firecracker's.
#![allow(clippy::unwrap_used)] // a test that meets an error has failed

mod common;

use std::collections::HashSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::{Agent, TOKEN, program, run};
use connectrpc::CodecFormat;
use connectrpc::client::CallOptions;
use envd::guest::mmds;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const PATIENCE: Duration = Duration::from_secs(30);

/// What the service knows, and what it gave out.
#[derive(Default)]
struct State {
    data: String,
    tokens: HashSet<String>,
    refusals: usize,
    silent: bool,
}

/// A metadata service in this process.
struct Service {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Service {
    async fn start(sandbox: &str, template: &str) -> Service {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = Service {
            address,
            state: Arc::default(),
        };
        service.says(sandbox, template);
        let state = Arc::clone(&service.state);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    let answers = service_fn(move |request| {
                        let answer = answer(&mut state.lock().unwrap(), &request);
                        async move { Ok::<_, Infallible>(answer) }
                    });
                    let served =
                        http1::Builder::new().serve_connection(TokioIo::new(stream), answers);
                    let _ended = served.await;
                });
            }
        });
        service
    }

    fn says(&self, sandbox: &str, template: &str) {
        let data = serde_json::json!({"instanceID": sandbox, "envID": template});
        self.state.lock().unwrap().data = data.to_string();
    }
}

/// By the rules of Firecracker's user guide of the service.
fn answer(state: &mut State, request: &Request<Incoming>) -> Response<Full<Bytes>> {
    let header = |name: &str| request.headers().get(name)?.to_str().ok();
    let (status, body) = match (request.method(), request.uri().path()) {
        _ if state.silent => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
        (&Method::PUT, "/latest/api/token") => {
            let ttl = header("x-metadata-token-ttl-seconds").and_then(|text| text.parse().ok());
            if header("x-forwarded-for").is_none()
                && ttl.is_some_and(|ttl| (1..=21_600).contains(&ttl))
            {
                let token = format!("token-{}", state.tokens.len());
                state.tokens.insert(token.clone());
                (StatusCode::OK, token)
            } else {
                (StatusCode::BAD_REQUEST, String::new())
            }
        }
        (&Method::GET, "/") => {
            let known =
                header("x-metadata-token").is_some_and(|token| state.tokens.contains(token));
            let json = header("accept") == Some("application/json");
            match (known, json) {
                (true, true) => (StatusCode::OK, state.data.clone()),
                (true, false) => (StatusCode::OK, "instanceID\nenvID".to_owned()),
                (false, _) => (StatusCode::UNAUTHORIZED, String::new()),
            }
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
    };
    if status != StatusCode::OK {
        state.refusals += 1;
    }
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response
}

/// What a process of the capsule sees, once it is `expected`.
async fn await_variable(agent: &Agent, name: &str, expected: &str) {
    let client = agent.client(CodecFormat::Proto);
    let until = Instant::now() + PATIENCE;
    loop {
        let found = run(
            &client,
            program("printenv", &[name]),
            CallOptions::default(),
        )
        .await
        .unwrap()
        .stdout();
        if found.trim() == expected {
            return;
        }
        assert!(
            Instant::now() < until,
            "{name} is {found:?}, not {expected}"
        );
    }
}

#[tokio::test]
async fn ids_are_read_with_a_token() {
    let service = Service::start("cl-one", "template-one").await;
    let ids = mmds::read(service.address).await.unwrap();
    assert_eq!(ids.sandbox, "cl-one");
    assert_eq!(ids.template, "template-one");
    let state = service.state.lock().unwrap();
    assert_eq!((state.tokens.len(), state.refusals), (1, 0));
}

#[tokio::test]
async fn what_makes_no_sense_is_an_error() {
    let service = Service::start("", "").await;
    for nonsense in ["", "[]", "{\"instanceID\": 5}", &"x".repeat(60_000)] {
        service.state.lock().unwrap().data = nonsense.to_owned();
        assert!(mmds::read(service.address).await.is_err(), "{nonsense:.20}");
    }
    service.state.lock().unwrap().silent = true;
    assert!(mmds::read(service.address).await.is_err());
}

#[tokio::test]
async fn after_a_restore_the_ids_are_the_new_ones() {
    let service = Service::start("cl-one", "template-one").await;
    service.state.lock().unwrap().silent = true; // not up yet when the guest is
    let agent = Agent::with(&["--metadata", &service.address.to_string()]);
    let body = format!(r#"{{"accessToken":"{TOKEN}"}}"#);
    assert_eq!(agent.http("POST", "/init", &[], &body).0, 204);
    service.state.lock().unwrap().silent = false;
    await_variable(&agent, "WRENN_SANDBOX_ID", "cl-one").await;
    await_variable(&agent, "WRENN_TEMPLATE_ID", "template-one").await;
    // what the host does with a restored one: metadata before it goes on, then `/init`
    service.says("cl-two", "template-two");
    assert_eq!(agent.http("POST", "/init", &[], &body).0, 204);
    await_variable(&agent, "WRENN_SANDBOX_ID", "cl-two").await;
    await_variable(&agent, "WRENN_TEMPLATE_ID", "template-two").await;
}

#[tokio::test]
async fn without_the_service_the_ids_come_with_init() {
    let agent = Agent::bare();
    for id in ["cl-one", "cl-two"] {
        let body =
            format!(r#"{{"accessToken":"{TOKEN}","sandboxId":"{id}","templateId":"of-{id}"}}"#);
        assert_eq!(agent.http("POST", "/init", &[], &body).0, 204);
        await_variable(&agent, "WRENN_SANDBOX_ID", id).await;
        await_variable(&agent, "WRENN_TEMPLATE_ID", &format!("of-{id}")).await;
    }
}
