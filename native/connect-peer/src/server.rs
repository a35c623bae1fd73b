//! The server: `Unary` and `Stream` as the request asks for.

use std::sync::Arc;
use std::time::Duration;

use connectrpc::{
    ConnectError, DeadlinePolicy, ErrorCode, RequestContext, Response, Router, Server,
    ServiceRequest, ServiceResult, ServiceStream,
};
use futures::stream;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::padding;
use crate::proto::wrenn::peer::v1::{
    Peer, StreamRequest, StreamResponse, UnaryRequest, UnaryResponse,
};

/// Serves until standard input is closed.
pub async fn run(args: &[String]) -> Result<(), String> {
    let port: u16 = match args {
        [] => 0,
        [flag, port] if flag == "--port" => port.parse().map_err(|_| format!("port: {port}"))?,
        _ => return Err(crate::USAGE.to_owned()),
    };
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .map_err(|e| format!("listen: {e}"))?;
    let address = listener.local_addr().map_err(|e| format!("listen: {e}"))?;
    println!("{}", address.port());
    let router = Router::new().add_service(Arc::new(PeerService));
    let serving = Server::from_listener(listener).serve_with_service(
        connectrpc::ConnectRpcService::new(router)
            .with_limits(connectrpc::Limits::unlimited())
            .with_deadline_policy(DeadlinePolicy::new().with_enforce_on_streams(true)),
    );
    tokio::select! {
        ended = serving => ended.map_err(|e| format!("serve: {e}")),
        () = input_closed() => Ok(()),
    }
}

/// Returns when standard input is at its end. A thread, because reading it may block for ever.
async fn input_closed() {
    let mut input = tokio::io::stdin();
    let mut buffer = [0; 256];
    while !matches!(input.read(&mut buffer).await, Ok(0) | Err(_)) {}
}

struct PeerService;

#[allow(refining_impl_trait)] // the concrete types are what callers want
impl Peer for PeerService {
    async fn unary(
        &self,
        ctx: RequestContext,
        request: ServiceRequest<'_, UnaryRequest>,
    ) -> ServiceResult<UnaryResponse> {
        let remaining_ms = ctx.time_remaining().map_or(-1, |t| t.as_millis() as i64);
        let size = size(request.size)?;
        wait(request.delay_ms).await;
        if request.code != 0 {
            return Err(error(request.code, request.text));
        }
        let header = ctx.header("x-peer").and_then(|v| v.to_str().ok());
        Ok(Response::new(UnaryResponse {
            text: request.text.to_owned(),
            padding: padding::bytes(size),
            remaining_ms,
            header: header.map(str::to_owned),
            ..Default::default()
        })
        .with_header("x-peer", "connectrpc"))
    }

    async fn stream(
        &self,
        _ctx: RequestContext,
        request: ServiceRequest<'_, StreamRequest>,
    ) -> ServiceResult<ServiceStream<StreamResponse>> {
        let plan = request.to_owned_message();
        let padding = padding::bytes(size(plan.size)?);
        let messages = stream::unfold((0, plan, padding), |(index, plan, padding)| async move {
            // A negative index marks the end after an error.
            if index < 0 {
                return None;
            }
            if plan.code != 0 && index >= plan.fail_after {
                let failed = Err(error(plan.code, &plan.text));
                return Some((failed, (-1, plan, padding)));
            }
            if index >= plan.count {
                return None;
            }
            wait(plan.delay_ms).await;
            let message = StreamResponse {
                text: plan.text.clone(),
                index,
                padding: padding.clone(),
                ..Default::default()
            };
            Some((Ok(message), (index + 1, plan, padding)))
        });
        Ok(Response::stream(messages).with_header("x-peer", "connectrpc"))
    }
}

fn size(size: i32) -> Result<usize, ConnectError> {
    usize::try_from(size)
        .ok()
        .filter(|size| *size <= padding::MAX)
        .ok_or_else(|| ConnectError::invalid_argument(format!("size {size} is out of range")))
}

async fn wait(delay_ms: i32) {
    if let Ok(ms) = u64::try_from(delay_ms)
        && ms > 0
    {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

fn error(code: i32, message: &str) -> ConnectError {
    let known = u32::try_from(code).ok().and_then(ErrorCode::from_grpc_code);
    match known {
        Some(code) => ConnectError::new(code, message),
        None => ConnectError::invalid_argument(format!("no error has the code {code}")),
    }
}
