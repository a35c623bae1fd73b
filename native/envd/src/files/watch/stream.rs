//! A watch as a stream of the wire.

use std::collections::VecDeque;
use std::time::Duration;

use connectrpc::ConnectError;
use futures::{Stream, stream};

use super::Tree;
use crate::proto::filesystem::WatchDirResponse;
use crate::proto::filesystem::watch_dir_response::{Event, KeepAlive, StartEvent};

/// `start`, then what happens; `keepalive` whenever nothing came for that long. Ends when the
/// folder is gone.
pub fn events(
    tree: Tree,
    keepalive: Duration,
) -> impl Stream<Item = Result<WatchDirResponse, ConnectError>> + Send + 'static {
    let first = VecDeque::from([wrap(StartEvent::default().into())]);
    stream::unfold(Some((tree, first)), move |state| async move {
        let (mut tree, mut waiting) = state?;
        loop {
            if let Some(event) = waiting.pop_front() {
                return Some((Ok(event), Some((tree, waiting))));
            }
            if tree.is_over() {
                return None;
            }
            if tokio::time::timeout(keepalive, tree.ready()).await.is_err() {
                let event = wrap(KeepAlive::default().into());
                return Some((Ok(event), Some((tree, waiting))));
            }
            match tree.take().await {
                Ok(events) => waiting.extend(events.into_iter().map(|event| wrap(event.into()))),
                Err(e) => return Some((Err(e.into()), None)),
            }
        }
    })
}

fn wrap(event: Event) -> WatchDirResponse {
    WatchDirResponse {
        event: Some(event),
        ..Default::default()
    }
}
