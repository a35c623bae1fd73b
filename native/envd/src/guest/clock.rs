//! The clock of the capsule, which stands still while it is a snapshot.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::time::TimeSpec;
use nix::time::{ClockId, clock_settime};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::GuestError;

/// How far the clock may be ahead: the time that the message may have been under way.
const AHEAD: Duration = Duration::from_millis(50);

/// Reads an RFC 3339 time with up to nanoseconds; `None` when it is not one, or before 1970.
pub fn parse(text: &str) -> Option<SystemTime> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let since_epoch = Duration::try_from(time - OffsetDateTime::UNIX_EPOCH).ok()?;
    UNIX_EPOCH.checked_add(since_epoch)
}

/// Whether a clock that shows `now` should be set to `host`. Behind: always, the message can only
/// be late. Ahead: only beyond what its way explains, so that time does not go back for nothing.
pub fn should_set(now: SystemTime, host: SystemTime) -> bool {
    match now.duration_since(host) {
        Ok(ahead) => ahead > AHEAD,
        Err(_behind) => true,
    }
}

/// Sets the clock to the host's time where [`should_set`] says so.
pub fn correct(host: SystemTime) -> Result<(), GuestError> {
    if !should_set(SystemTime::now(), host) {
        return Ok(());
    }
    let since_epoch = host.duration_since(UNIX_EPOCH).unwrap_or_default();
    clock_settime(ClockId::CLOCK_REALTIME, TimeSpec::from(since_epoch)).map_err(GuestError::Clock)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_nanoseconds_and_offsets() {
        let expected = UNIX_EPOCH + Duration::new(1_700_000_000, 123_456_789);
        assert_eq!(parse("2023-11-14T22:13:20.123456789Z"), Some(expected));
        assert_eq!(parse("2023-11-15T00:13:20.123456789+02:00"), Some(expected));
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("1969-12-31T23:59:59Z"), None);
    }

    #[test]
    fn goes_forward_at_once_and_back_only_far() {
        let host = UNIX_EPOCH + Duration::from_secs(1000);
        assert!(should_set(host - Duration::from_millis(1), host));
        assert!(!should_set(host, host));
        assert!(!should_set(host + AHEAD, host));
        assert!(should_set(host + AHEAD * 2, host));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }
    }
}
