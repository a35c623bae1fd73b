//! `firecracker-standin`: what tests start where a Firecracker would be.
//!
//! It speaks Firecracker's API over a Unix socket and is as strict as the real one: every body is
//! checked against the published definition (`api.json`, the definition's YAML as JSON), nothing that
//! is not in it is let through, and requests are refused in the states in which the real one refuses
//! them, in its words. What it is told to open it opens: kernel, initramfs, disk, tap by its name, log
//! and metrics.
//!
//! In the place of a guest there is memory and a thread that writes to it by a rule while the machine
//! runs ([guest]), so that after a restore, from a file or page by page through a userfaultfd that it
//! hands to a pager as Firecracker does ([load]), it can tell whether every page is as it was.
//!
//! Words on the guest's kernel command line make it fail: `standin.hang=/path` (a request there is
//! never answered), `standin.die=/path` (it ends instead), `standin.panic`.

mod create;
mod definition;
mod guest;
mod load;
mod machine;
mod server;

use std::process::ExitCode;

/// What it says it is; snapshots of other versions are refused.
pub const VERSION: &str = "1.16.0";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["--version"] => {
            println!("Firecracker v{VERSION}\n\nSupported snapshot data format versions: v8.0.0");
            ExitCode::SUCCESS
        }
        ["--id", id, "--api-sock", socket] => match server::serve(id, socket) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("standin: {socket}: {error}");
                ExitCode::from(1)
            }
        },
        _ => {
            eprintln!("standin: arguments {arguments:?}");
            ExitCode::from(153) // as Firecracker for bad arguments
        }
    }
}
