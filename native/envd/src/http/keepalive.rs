//! How often a stream without news shows that it lives.

use std::time::Duration;

use http::HeaderMap;

const HEADER: &str = "keepalive-ping-interval";

/// What the header `Keepalive-Ping-Interval` asks for, in seconds; at least one.
pub fn interval(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(HEADER)?.to_str().ok()?;
    let seconds: u64 = value.parse().ok()?;
    (seconds > 0).then(|| Duration::from_secs(seconds))
}
