//! HTTP over the Unix socket.

use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::rc::Rc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixListener;

use crate::definition::Definition;
use crate::machine::{Answer, Machine};

/// Firecracker's own limit of a body.
const MOST_BYTES: usize = 51_200;

type Shared = Rc<(RefCell<Machine>, Definition)>;

/// Serves until the process ends.
pub fn serve(id: &str, socket: &str) -> io::Result<()> {
    let definition = Definition::read()?;
    let shared: Shared = Rc::new((RefCell::new(Machine::new(id)), definition));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        let listener = UnixListener::bind(socket)?;
        loop {
            let (stream, _) = listener.accept().await?;
            let shared = Rc::clone(&shared);
            tokio::task::spawn_local(async move {
                let service = service_fn(|request| answer(Rc::clone(&shared), request));
                let connection = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                let _ended = connection.await;
            });
        }
    })
}

async fn answer(
    shared: Shared,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let method = request.method().to_string();
    let path = request.uri().path().to_owned();
    let body = match Limited::new(request.into_body(), MOST_BYTES)
        .collect()
        .await
    {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(fault(StatusCode::PAYLOAD_TOO_LARGE, "too large")),
    };
    let body: Option<Value> = match body.is_empty() {
        true => None,
        false => match serde_json::from_slice(&body) {
            Ok(body) => Some(body),
            Err(error) => return Ok(fault(StatusCode::BAD_REQUEST, &error.to_string())),
        },
    };
    if let Err(words) = shared.1.check(&method, &path, body.as_ref()) {
        return Ok(fault(StatusCode::BAD_REQUEST, &words));
    }
    if shared.0.borrow().hangs(&path) {
        std::future::pending::<()>().await;
    }
    let answer = shared.0.borrow_mut().handle(&method, &path, body.as_ref());
    Ok(match answer {
        Ok(Answer::Done) => response(StatusCode::NO_CONTENT, Bytes::new()),
        Ok(Answer::Content(content)) => response(StatusCode::OK, content.to_string().into()),
        Err(words) => fault(StatusCode::BAD_REQUEST, &words),
    })
}

fn fault(status: StatusCode, words: &str) -> Response<Full<Bytes>> {
    let body = json!({"fault_message": words}).to_string();
    response(status, body.into())
}

fn response(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}
