//! What the client can be told to do.

use std::time::Duration;

use connectrpc::ErrorCode;

use crate::proto::wrenn::peer::v1::{StreamRequest, UnaryRequest};

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(30);
const DELAY_MS: i32 = 60_000;

/// One call.
pub enum Call {
    Unary(UnaryRequest),
    Stream {
        request: StreamRequest,
        /// Messages after which the client leaves.
        leave_after: Option<usize>,
    },
}

/// A call and its time-out.
pub struct Scenario {
    pub call: Call,
    pub timeout: Option<Duration>,
}

impl Scenario {
    /// The scenario of this name, as the README lists them; `None` when there is none.
    pub fn parse(name: &str, text: &str) -> Option<Scenario> {
        let (kind, code) = match name.split_once(':') {
            Some((kind, code)) => (kind, code_number(code)?),
            None => (name, 0),
        };
        let takes_code = kind.contains("error");
        if takes_code != (code != 0) {
            return None;
        }
        let text = text.to_owned();
        let scenario = match kind {
            "unary" | "unary-error" => unary(text, code, 0, None),
            "unary-large" => sized_unary(text, 4 << 20),
            "unary-timeout" => unary(text, 0, DELAY_MS, Some(SHORT)),
            "unary-deadline" => unary(text, 0, 0, Some(LONG)),
            "stream" => stream(text, 5, |_| {}),
            "stream-empty" => stream(text, 0, |_| {}),
            "stream-large" => stream(text, 64, |r| r.size = 256 << 10),
            "stream-error" => stream(text, 5, |r| (r.code, r.fail_after) = (code, 2)),
            "stream-error-first" => stream(text, 5, |r| r.code = code),
            "stream-timeout" => Scenario {
                timeout: Some(SHORT),
                ..stream(text, 2, |r| r.delay_ms = DELAY_MS)
            },
            "stream-cancel" => leaving(stream(text, 1_000_000, |r| r.delay_ms = 1), 2),
            _ => return None,
        };
        Some(scenario)
    }
}

fn code_number(name: &str) -> Option<i32> {
    let code: ErrorCode = (1..=16)
        .filter_map(ErrorCode::from_grpc_code)
        .find(|code| code.as_str() == name)?;
    i32::try_from(code.grpc_code()).ok()
}

fn unary(text: String, code: i32, delay_ms: i32, timeout: Option<Duration>) -> Scenario {
    let request = UnaryRequest {
        text,
        code,
        delay_ms,
        ..Default::default()
    };
    Scenario {
        call: Call::Unary(request),
        timeout,
    }
}

fn sized_unary(text: String, size: i32) -> Scenario {
    let request = UnaryRequest {
        text,
        size,
        ..Default::default()
    };
    Scenario {
        call: Call::Unary(request),
        timeout: None,
    }
}

fn stream(text: String, count: i32, change: impl FnOnce(&mut StreamRequest)) -> Scenario {
    let mut request = StreamRequest {
        text,
        count,
        ..Default::default()
    };
    change(&mut request);
    Scenario {
        call: Call::Stream {
            request,
            leave_after: None,
        },
        timeout: None,
    }
}

fn leaving(scenario: Scenario, after: usize) -> Scenario {
    match scenario.call {
        Call::Stream { request, .. } => Scenario {
            call: Call::Stream {
                request,
                leave_after: Some(after),
            },
            timeout: scenario.timeout,
        },
        Call::Unary(_) => scenario,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_every_code_by_name() {
        for (number, name) in [(1, "canceled"), (5, "not_found"), (16, "unauthenticated")] {
            assert_eq!(code_number(name), Some(number));
        }
        assert_eq!(code_number("nonsense"), None);
    }

    #[test]
    fn refuses_wrong_names() {
        assert!(Scenario::parse("unary", "x").is_some());
        assert!(Scenario::parse("stream-error:aborted", "x").is_some());
        assert!(Scenario::parse("stream-error", "x").is_none());
        assert!(Scenario::parse("unary:aborted", "x").is_none());
        assert!(Scenario::parse("dance", "x").is_none());
    }
}
