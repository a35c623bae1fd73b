//! `GET` and `POST /files/archive`.

use std::io::ErrorKind;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use futures::{StreamExt, stream};
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http::{Response, StatusCode};
use hyper::body::Frame;
use tokio::sync::mpsc;

use super::respond::{self, Answer};
use super::{Call, Pieces, TransferError, encoding};
use crate::agent::Agent;
use crate::archive::bridge::{Piece, Reader, Writer};
use crate::archive::{pack, unpack};
use crate::files::FilesError;
use crate::files::identity::act;

/// Pieces on the way between the connection and the thread.
const WAITING: usize = 4;

/// A place among the archives at a time.
async fn place(agent: &Agent) -> Result<tokio::sync::OwnedSemaphorePermit, FilesError> {
    let place = Arc::clone(&agent.archives).acquire_owned().await;
    place.map_err(|_| FilesError::Limit("the agent is ending"))
}

/// Unpacks the body into the folder.
pub async fn unpack(
    agent: &Agent,
    call: Call,
    head: &Parts,
    pieces: &mut Pieces,
) -> Result<Answer, TransferError> {
    let folder = call.path()?;
    let gzip = encoding::is_gzip(&head.headers)?;
    let place = place(agent).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let reader = Reader::new(receiver);
    let unpacking = act(&call.user, move || {
        let _place = place;
        match gzip {
            true => unpack::unpack(&folder, MultiGzDecoder::new(reader)),
            false => unpack::unpack(&folder, reader),
        }
    });
    // Dropped when the thread has an answer or the caller is gone: then the thread sees it.
    let feeding = async {
        while let Some(piece) = pieces.next().await {
            if sender.send(Piece::Data(piece?)).await.is_err() {
                return Ok(());
            }
        }
        let _ = sender.send(Piece::End).await;
        Ok::<(), TransferError>(())
    };
    tokio::pin!(unpacking, feeding);
    let done = tokio::select! {
        biased;
        done = &mut unpacking => done?,
        fed = &mut feeding => {
            fed?;
            unpacking.await?
        }
    };
    Ok(respond::json(StatusCode::OK, &done))
}

/// Sends the folder.
pub async fn pack(agent: &Agent, call: Call) -> Result<Answer, TransferError> {
    let folder = call.path()?;
    let folder = act(&call.user, move || pack::check(&folder)).await?;
    let place = place(agent).await?;
    let (sender, receiver) = mpsc::channel(WAITING);
    let mut writer = Writer::new(sender);
    tokio::spawn(async move {
        let packing = act(&call.user, move || {
            let _place = place;
            pack::pack(&folder, &mut writer)?;
            writer.finish().map_err(|e| FilesError::of(&folder, e))
        });
        if let Err(e) = packing.await {
            crate::note!("archive: {e}");
        }
    });
    let pieces = stream::unfold(Some(receiver), |receiver| async move {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Piece::Data(data)) => Some((Ok(Frame::data(data)), Some(receiver))),
            Some(Piece::End) => None,
            None => Some((Err(ErrorKind::BrokenPipe.into()), None)),
        }
    });
    let mut answer = Response::new(respond::pieced(pieces));
    let tar = HeaderValue::from_static("application/x-tar");
    answer.headers_mut().insert(CONTENT_TYPE, tar);
    Ok(answer)
}
