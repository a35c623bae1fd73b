//! Short notes on standard error, which is the serial console in a capsule.

use std::fmt::Arguments;
use std::io::Write;

/// Writes one line; a console that does not take it is no reason to stop.
pub fn note(message: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "envd: {message}");
}

/// `note!("mounted {path}")`: one line on the console.
#[macro_export]
macro_rules! note {
    ($($text:tt)*) => { $crate::log::note(format_args!($($text)*)) };
}
