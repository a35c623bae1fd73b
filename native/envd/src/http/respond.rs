//! Answers of the plain routes.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;

/// An answer with a whole body.
pub type Answer = Response<Full<Bytes>>;

/// `value` as JSON, not to be cached.
pub fn json(status: StatusCode, value: &impl Serialize) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => {
            let mut answer = Response::new(Full::new(Bytes::from(body)));
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
    let mut answer = Response::new(Full::new(Bytes::new()));
    *answer.status_mut() = status;
    answer
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
