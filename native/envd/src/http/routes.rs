//! Which request goes where, and who may ask.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use connectrpc::{Chain, ConnectError, ConnectRpcBody, ConnectRpcService, Limits};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Limited};
use hyper::body::Incoming;
use serde::Serialize;
use tower::Service;

use super::files;
use super::init::{self, InitError};
use super::respond::{self, Answer, Content};
use crate::agent::Agent;
use crate::files::service::FileService;
use crate::metrics::Metrics;
use crate::ports::Way;
use crate::process::service::ProcessService;
use crate::proto::filesystem::{FILESYSTEM_SERVICE_NAME, FilesystemServer};
use crate::proto::process::{PROCESS_SERVICE_NAME, ProcessServer};
use crate::sync::lock;

const PORTS: &str = "/ports/";
const TOKEN_HEADER: &str = "x-access-token";
/// Most bytes of an `/init` body; variables are the bulk.
const INIT_BODY: usize = 1 << 20;
/// Most bytes of a request to the process service: arguments and variables end at the kernel's
/// 2 MiB, input comes in pieces.
const RPC_BODY: usize = 4 << 20;

type Body = Either<Content, ConnectRpcBody>;
type Future = Pin<Box<dyn std::future::Future<Output = Result<Response<Body>, Infallible>> + Send>>;

type Services = Chain<ProcessServer<ProcessService>, FilesystemServer<FileService>>;

/// All routes of one agent. Cheap to clone.
#[derive(Clone)]
pub struct Routes {
    agent: Arc<Agent>,
    rpc: ConnectRpcService<Services>,
}

impl Routes {
    /// The routes of `agent`.
    pub fn new(agent: Arc<Agent>) -> Routes {
        let services = Chain(
            ProcessServer::new(ProcessService(Arc::clone(&agent))),
            FilesystemServer::new(FileService(Arc::clone(&agent))),
        );
        let limits = Limits::default()
            .with_max_request_body_size(RPC_BODY)
            .with_max_message_size(RPC_BODY);
        Routes {
            agent,
            rpc: ConnectRpcService::new(services).with_limits(limits),
        }
    }

    async fn plain(&self, request: Request<Incoming>) -> Answer {
        let known = ["/health", "/init", "/metrics", "/envs", "/sync"];
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/health") => respond::json(StatusCode::OK, &Health::new()),
            (&Method::POST, "/init") => self.init(request).await,
            _ if !self.admits(request.headers()) => unauthorized(),
            (&Method::GET, "/metrics") => {
                respond::json(StatusCode::OK, &Metrics::take(&mut lock(&self.agent.cpu)))
            }
            (&Method::GET, "/envs") => {
                respond::json(StatusCode::OK, &lock(&self.agent.settings).envs)
            }
            (&Method::POST, "/sync") => sync().await,
            (&Method::POST, path) if path.starts_with(PORTS) => self.open(path).await,
            (_, path) if files::is_route(path) => files::answer(&self.agent, request).await,
            (_, path) if known.contains(&path) || path.starts_with(PORTS) => {
                respond::error(StatusCode::METHOD_NOT_ALLOWED, "method not allowed")
            }
            _ => respond::error(StatusCode::NOT_FOUND, "no such route"),
        }
    }

    async fn init(&self, request: Request<Incoming>) -> Answer {
        let (head, body) = request.into_parts();
        let body = match Limited::new(body, INIT_BODY).collect().await {
            Ok(body) => body.to_bytes(),
            Err(_) => return respond::error(StatusCode::PAYLOAD_TOO_LARGE, "body is too large"),
        };
        match init::apply(&self.agent, token(&head.headers), &body) {
            Ok(()) => respond::empty(StatusCode::NO_CONTENT),
            Err(InitError::Unauthorized) => unauthorized(),
            Err(e @ InitError::Invalid(_)) => {
                respond::error(StatusCode::BAD_REQUEST, &e.to_string())
            }
            Err(e @ InitError::Guest(_)) => {
                crate::note!("init: {e}");
                respond::error(StatusCode::INTERNAL_SERVER_ERROR, &e.to_string())
            }
        }
    }

    async fn open(&self, path: &str) -> Answer {
        let port = path.strip_prefix(PORTS).map(str::parse::<u16>);
        let Some(Ok(port @ 1..)) = port else {
            return respond::error(StatusCode::BAD_REQUEST, "port: expected 1 to 65535");
        };
        match self.agent.ports.open(port).await {
            Way::Open => respond::empty(StatusCode::NO_CONTENT),
            Way::Nobody => respond::error(StatusCode::NOT_FOUND, "nobody listens on this port"),
            Way::Refused => respond::error(StatusCode::CONFLICT, "this port cannot be opened"),
        }
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        lock(&self.agent.settings).admits(token(headers))
    }
}

/// sync(2), which returns when all file systems are written back.
async fn sync() -> Answer {
    match tokio::task::spawn_blocking(rustix::fs::sync).await {
        Ok(()) => respond::empty(StatusCode::NO_CONTENT),
        Err(e) => respond::error(StatusCode::INTERNAL_SERVER_ERROR, &e.to_string()),
    }
}

impl Service<Request<Incoming>> for Routes {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Future;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Future {
        if !is_rpc(request.uri().path()) {
            let routes = self.clone();
            return Box::pin(async move { Ok(routes.plain(request).await.map(Either::Left)) });
        }
        if !self.admits(request.headers()) {
            let refusal = ConnectError::unauthenticated("a valid X-Access-Token is needed");
            let response = refusal.into_http_response(request.headers());
            return Box::pin(std::future::ready(Ok(response.map(Either::Right))));
        }
        let answer = self.rpc.call(request);
        Box::pin(async move { Ok(answer.await?.map(Either::Right)) })
    }
}

#[derive(Serialize)]
struct Health {
    version: &'static str,
}

impl Health {
    fn new() -> Health {
        Health {
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// Whether `path` is `/SERVICE/…` of a service of ours.
fn is_rpc(path: &str) -> bool {
    let service = path.strip_prefix('/').and_then(|rest| rest.split_once('/'));
    let services = [PROCESS_SERVICE_NAME, FILESYSTEM_SERVICE_NAME];
    service.is_some_and(|(name, _)| services.contains(&name))
}

fn token(headers: &HeaderMap) -> Option<&[u8]> {
    headers.get(TOKEN_HEADER).map(|value| value.as_bytes())
}

fn unauthorized() -> Answer {
    respond::error(StatusCode::UNAUTHORIZED, "a valid X-Access-Token is needed")
}
