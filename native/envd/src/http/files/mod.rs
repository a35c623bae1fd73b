//! Contents of files: `/files` and `/files/archive`.
//!
//! | Request | Answer |
//! |---|---|
//! | `GET`, `HEAD /files?path=&username=` | the bytes; one `Range`; gzip where it helps |
//! | `POST /files?path=&username=` | the body, or the parts `file` of a form, written: 200 `[{path,name,type}]` |
//! | `GET /files/archive?path=&username=` | the folder as a tar stream |
//! | `POST /files/archive?path=&username=` | the tar stream unpacked into the folder: 200 `{files,folders,links,bytes}` |
//!
//! Nothing is held whole: pieces of [`CHUNK`] bytes go between the connection and the disk, while
//! one is written the next is received. Errors: 400 what makes no sense, 403, 404, 415, 416, 507 a
//! full disk. A failure after the first byte of an answer breaks the connection.

mod archive;
mod download;
mod encoding;
mod form;
mod range;
mod upload;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt};
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use thiserror::Error;

use super::basic::basic_user;
use super::respond::{self, Answer};
use crate::agent::Agent;
use crate::files::{FilesError, path};
use crate::users::User;

/// Bytes of one piece: large enough that handing it over costs little beside it.
pub const CHUNK: usize = 256 << 10;
/// How long what is left of a refused body is read, so that its sender gets to read the refusal.
const DRAIN: Duration = Duration::from_secs(30);

/// Why a transfer was refused.
#[derive(Debug, Error)]
enum TransferError {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("{0}")]
    Bad(String),
    #[error("{0}")]
    Unsupported(&'static str),
    #[error("the body ended early: {0}")]
    Broken(String),
}

impl TransferError {
    fn answer(&self) -> Answer {
        let status = match self {
            TransferError::Files(e) => e.status(),
            TransferError::Bad(_) | TransferError::Broken(_) => StatusCode::BAD_REQUEST,
            TransferError::Unsupported(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        };
        respond::error(status, &self.to_string())
    }
}

/// The query of a request.
#[derive(Debug, Default, PartialEq, Eq)]
struct Query {
    path: Option<String>,
    username: Option<String>,
}

impl Query {
    /// Of two values of one name, the first counts. Empty is absent.
    fn parse(query: &str) -> Query {
        let mut parsed = Query::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let slot = match &*name {
                "path" => &mut parsed.path,
                "username" => &mut parsed.username,
                _ => continue,
            };
            if slot.is_none() && !value.is_empty() {
                *slot = Some(value.into_owned());
            }
        }
        parsed
    }
}

/// Who asks, and for what.
struct Call {
    user: User,
    path: Option<String>,
}

impl Call {
    fn of(agent: &Agent, head: &Parts) -> Result<Call, FilesError> {
        let query = Query::parse(head.uri.query().unwrap_or_default());
        let named = query.username.or_else(|| basic_user(&head.headers));
        Ok(Call {
            user: agent.user(named)?,
            path: query.path,
        })
    }

    /// The path, which this request must have.
    fn path(&self) -> Result<PathBuf, FilesError> {
        path::absolute(self.path.as_deref().unwrap_or_default(), &self.user)
    }
}

/// Whether `path` is one of these routes.
pub fn is_route(path: &str) -> bool {
    matches!(path, "/files" | "/files/archive")
}

/// Answers a request for one of these routes.
pub async fn answer(agent: &Arc<Agent>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let call = match Call::of(agent, &head) {
        Ok(call) => call,
        Err(e) => return TransferError::from(e).answer(),
    };
    let is_archive = head.uri.path() == "/files/archive";
    let mut body = pieces(body);
    let answer = match (&head.method, is_archive) {
        (&Method::GET | &Method::HEAD, false) => download::answer(&call, &head).await,
        (&Method::POST, false) => upload::answer(&call, &head, &mut body).await,
        (&Method::GET, true) => archive::pack(agent, call).await,
        (&Method::POST, true) => archive::unpack(agent, call, &head, &mut body).await,
        _ => Ok(respond::error(
            StatusCode::METHOD_NOT_ALLOWED,
            "method not allowed",
        )),
    };
    answer.unwrap_or_else(|e| {
        // A sender that is cut off in the middle of its body does not read answers.
        tokio::spawn(tokio::time::timeout(DRAIN, async move {
            while let Some(Ok(_)) = body.next().await {}
        }));
        e.answer()
    })
}

/// The data of a body.
type Pieces = std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, TransferError>> + Send>>;

fn pieces(body: Incoming) -> Pieces {
    let data = body.into_data_stream();
    Box::pin(data.map(|piece| piece.map_err(|e| TransferError::Broken(e.to_string()))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_are_decoded() {
        let query = Query::parse("username=ada&x=1&path=%2Fa+b%2Fc%25&path=second");
        assert_eq!(query.path.as_deref(), Some("/a b/c%"));
        assert_eq!(query.username.as_deref(), Some("ada"));
        assert_eq!(Query::parse("path=&username="), Query::default());
    }

    proptest! {
        #[test]
        fn any_query_is_read(query in "\\PC*") {
            let _ = Query::parse(&query);
        }

        #[test]
        fn a_written_path_comes_back(path in "\\PC{1,40}") {
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("path", &path)
                .finish();
            prop_assert_eq!(Query::parse(&query).path, Some(path));
        }
    }
}
