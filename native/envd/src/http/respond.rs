//! Answers of the plain routes.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures::{Stream, stream};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::{Either, Full, StreamBody};
use hyper::body::Frame;
use serde::Serialize;

/// A body that comes in pieces. An error breaks the connection.
pub type Flow = StreamBody<Pin<Box<dyn Stream<Item = io::Result<Frame<Bytes>>> + Send>>>;

/// A body, whole or in pieces.
pub type Content = Either<Full<Bytes>, Flow>;

/// An answer of a plain route.
pub type Answer = Response<Content>;

/// `value` as JSON, not to be cached.
pub fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let mut answer = Response::new(Either::Left(Full::new(Bytes::from(body))));
            *answer.status_mut() = status;
            let headers = answer.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            answer
        }
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// No body.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(nothing());
    *answer.status_mut() = status;
    answer
}

/// The body of an answer without one.
pub fn nothing() -> Content {
    Either::Left(Full::new(Bytes::new()))
}

/// An error in the form of the plain routes.
pub fn error(status: StatusCode, message: &str) -> Answer {
    #[derive(Serialize)]
    struct Error<'a> {
        code: u16,
        message: &'a str,
    }
    let code = status.as_u16();
    json(status, &Error { code, message })
}

/// What `next` reads from `source`, which may block. While one piece is sent, the next is read.
pub fn flow<T: Send + 'static>(
    source: T,
    next: fn(&mut T) -> io::Result<Option<Bytes>>,
) -> Content {
    let read = move |mut source: T| {
        tokio::task::spawn_blocking(move || {
            let piece = next(&mut source);
            (source, piece)
        })
    };
    let pieces = stream::unfold(Some(read(source)), move |reading| async move {
        match reading?.await {
            Ok((source, Ok(Some(piece)))) => Some((Ok(Frame::data(piece)), Some(read(source)))),
            Ok((_, Ok(None))) => None,
            Ok((_, Err(e))) => Some((Err(e), None)),
            Err(e) => Some((Err(io::Error::other(e)), None)),
        }
    });
    pieced(pieces)
}

/// A body of these pieces.
pub fn pieced(pieces: impl Stream<Item = io::Result<Frame<Bytes>>> + Send + 'static) -> Content {
    Either::Right(StreamBody::new(Box::pin(pieces)))
}
