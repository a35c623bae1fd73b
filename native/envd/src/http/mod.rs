//! The HTTP/1.1 server: plain routes here, the services through `connectrpc`.
//!
//! | Route | Token | Answer |
//! |---|---|---|
//! | `GET /health` | no | `{"version"}` |
//! | `POST /init` | see [`init`] | 204 |
//! | `GET /metrics` | yes | [`crate::metrics::Metrics`] |
//! | `GET /envs` | yes | default variables |
//! | `POST /sync` | yes | 204: what the guest held back is on its disk |
//! | `POST /ports/{port}` | yes | 204: reachable from outside, see [`crate::ports`]; 404: nobody listens |
//! | `/files`, `/files/archive` | yes | see [`files`] |
//! | `POST /process.Process/*` | yes | Connect protocol, JSON and binary |
//! | `POST /filesystem.Filesystem/*` | yes | the same |
//!
//! Errors of plain routes are `{"code":int,"message":string}`.

pub mod basic;
mod files;
pub mod init;
pub mod keepalive;
mod respond;
mod routes;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::agent::Agent;
use routes::Routes;

/// Connections served at a time; more wait to be accepted.
const CONNECTIONS: usize = 1024;
/// Most bytes of a request head, and what is buffered for a slow reader besides its process's log.
const BUFFER: usize = 64 << 10;
/// Pause after the system refused a connection, mostly for want of descriptors.
const REFUSED_PAUSE: Duration = Duration::from_millis(50);

/// Accepts and serves connections for ever.
pub async fn serve(listener: TcpListener, agent: Arc<Agent>) -> io::Result<()> {
    let routes = Routes::new(agent);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&room).acquire_owned().await else {
            return Ok(());
        };
        match listener.accept().await {
            Ok((stream, _peer)) => {
                let routes = routes.clone();
                tokio::spawn(async move {
                    serve_connection(stream, routes).await;
                    drop(place);
                });
            }
            Err(e) => {
                crate::note!("accept: {e}");
                tokio::time::sleep(REFUSED_PAUSE).await;
            }
        }
    }
}

async fn serve_connection(stream: TcpStream, routes: Routes) {
    // Small events must not wait for the acknowledgement of the ones before.
    let _ = stream.set_nodelay(true);
    // An error here is a peer that left or does not speak HTTP: its own affair.
    let _ = http1::Builder::new()
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        .await;
}
