//! The metadata service of Firecracker (MMDS), version 2: who this capsule is, from the VMM itself. A
//! token by `PUT`, then the data by `GET` with it; documents without a token are not answered.
//!
//! It is read after the boot, and again after each `/init`: a capsule that was restored is another
//! one. Nothing is read where the kernel command line names no service: under QEMU the same ids come
//! with `/init` alone.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use thiserror::Error;
use tokio::net::TcpStream;

use super::identity;
use crate::agent::{Agent, Role};
use crate::sync::lock;

/// Between two tries.
const RETRY: Duration = Duration::from_millis(50);
/// For one try.
const TRY: Duration = Duration::from_secs(1);
/// A service that has not answered by then is none: no timer may run for ever.
const TRIES: usize = 600;
/// How long a token is good for, in seconds; it is used once.
const TOKEN_SECONDS: &str = "60";
/// Firecracker's own limit of the data.
const MOST_BYTES: usize = 51_200;

/// Why the service was of no use.
#[derive(Debug, Error)]
pub enum MmdsError {
    /// It cannot be reached.
    #[error("not reached: {0}")]
    Reach(#[from] io::Error),
    /// It does not speak HTTP, or no longer.
    #[error("{0}")]
    Http(#[from] hyper::Error),
    /// It refuses.
    #[error("{0} {1}: {2}")]
    Refused(Method, &'static str, StatusCode),
    /// The answer is too long, or not what it should be.
    #[error("{0} {1}: the answer makes no sense")]
    Nonsense(Method, &'static str),
    /// It takes too long.
    #[error("no answer")]
    Slow,
}

/// What the host says of a capsule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ids {
    /// Of the capsule.
    #[serde(rename = "instanceID")]
    pub sandbox: String,
    /// Of its template.
    #[serde(rename = "envID")]
    pub template: String,
}

/// Reads the ids once.
pub async fn read(service: SocketAddr) -> Result<Ids, MmdsError> {
    let ttl = ("x-metadata-token-ttl-seconds", TOKEN_SECONDS);
    let token = call(service, Method::PUT, "/latest/api/token", ttl).await?;
    let nonsense = || MmdsError::Nonsense(Method::PUT, "/latest/api/token");
    let token = std::str::from_utf8(&token).map_err(|_| nonsense())?;
    let data = call(service, Method::GET, "/", ("x-metadata-token", token)).await?;
    serde_json::from_slice(&data).map_err(|_| MmdsError::Nonsense(Method::GET, "/"))
}

/// One request over a connection of its own.
async fn call(
    service: SocketAddr,
    method: Method,
    path: &'static str,
    (name, value): (&str, &str),
) -> Result<Bytes, MmdsError> {
    let stream = TcpStream::connect(service).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let nonsense = |method: &Method| MmdsError::Nonsense(method.clone(), path);
    let request = Request::builder()
        .method(&method)
        .uri(path)
        .header("host", service.ip().to_string())
        .header("accept", "application/json")
        .header("connection", "close")
        .header(name, value)
        .body(Empty::<Bytes>::new())
        .map_err(|_| nonsense(&method))?;
    let exchange = async {
        let response = sender.send_request(request).await?;
        if response.status() != StatusCode::OK {
            return Err(MmdsError::Refused(method, path, response.status()));
        }
        let body = Limited::new(response.into_body(), MOST_BYTES);
        let body = body.collect().await.map_err(|_| nonsense(&method))?;
        Ok(body.to_bytes())
    };
    tokio::pin!(connection);
    tokio::pin!(exchange);
    tokio::select! {
        biased;
        answer = &mut exchange => answer,
        ended = &mut connection => match ended {
            Ok(()) => exchange.await, // all has been read
            Err(error) => Err(error.into()),
        },
    }
}

/// Asks until the service answers, and takes over what it says, unless an `/init` came meanwhile: then
/// it may be about another life, and is asked again. `false` when it never answers.
pub async fn learn(agent: &Agent, service: SocketAddr) -> bool {
    for _ in 0..TRIES {
        let life = lock(&agent.settings).inits;
        let answer = tokio::time::timeout(TRY, read(service)).await;
        if let Ok(Ok(ids)) = answer {
            if take(agent, life, &ids) {
                return true;
            }
            continue;
        }
        tokio::time::sleep(RETRY).await;
    }
    false
}

fn take(agent: &Agent, life: u64, ids: &Ids) -> bool {
    let mut settings = lock(&agent.settings);
    if settings.inits != life {
        return false;
    }
    settings.sandbox_id = Some(ids.sandbox.clone());
    settings.template_id = Some(ids.template.clone());
    drop(settings);
    if agent.role == Role::Guest
        && let Err(e) = identity::write_ids(Path::new("/"), Some(&ids.sandbox), Some(&ids.template))
    {
        crate::note!("ids: {e}");
    }
    true
}

/// Learns now, and again after each `/init`.
pub async fn follow(agent: Arc<Agent>, service: SocketAddr) {
    loop {
        if !learn(&agent, service).await {
            crate::note!("metadata: {service} does not answer");
        }
        agent.initialized.notified().await;
    }
}
