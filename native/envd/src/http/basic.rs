//! The user that a request names.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;

/// The user of `Authorization: Basic base64("user:")`. A password is not looked at: who has the
/// token may be anybody.
pub fn basic_user(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, _password) = decoded.split_once(':').unwrap_or((&decoded, ""));
    (!user.is_empty()).then(|| user.to_owned())
}
