//! envd, the guest agent of a capsule.
//!
//! One static program with two roles. As **first process** of a capsule (the `/init` of the
//! initramfs) it takes the machine from the kernel to a running system ([`boot`]): modules, the
//! root device, mounts, network; then it serves on TCP port 49983 on all addresses, reaps orphans,
//! and ends the machine when it is told to. Anywhere else, `envd --listen ADDRESS:PORT` is an
//! **ordinary server** that leaves its machine alone: what tests and other programs talk to.
//!
//! ```text
//! host agent ── HTTP/1.1 ──► http::routes ─┬─ /health /init /metrics /envs /files
//!                                          ├─ filesystem.Filesystem ─► files
//!                                          └─ process.Process (connectrpc: JSON, binary)
//!                                               │ start            ▲ events
//!                                               ▼                  │
//!                            process::table ── job ── pump ──► output (log, 256 KiB)
//!                                               │
//!                                           children: fork, exec, reap, signal
//! ```
//!
//! # Trust
//! Programs of the capsule can reach the port as well as the host can. So every route but
//! `/health` and `/init` needs the token that the first `/init` sets ([`settings`]); until then
//! they answer 401. `/init` itself needs the token once there is one. Everybody with the token may
//! act as any user of the capsule; isolation from the host is the virtual machine's work.
//!
//! # Promises
//! - The subscriber of a process is there before the process: a short command loses nothing.
//! - A slow reader stops its process and loses nothing; memory per process is bounded.
//! - `end` comes after the last output, also when a child left behind holds the pipe.
//! - A signal reaches the whole process group; the time-out of `Start` kills it.
//! - A caller that goes away only detaches; who wants the process gone sends a signal.
//! - What is done with files is done with the rights of the user that the caller names.
//! - A file that is uploaded appears whole or not at all; transfers take constant memory.
//! - Nothing is overwritten by a move; events that a watcher missed are told as missed.
//! - Idle means idle: no timer runs unless a process or a stream needs it, or a metadata service that
//!   the host named has not answered yet.
//!
//! # Threads
//! One thread with one tokio runtime: work is short, and waiting is the kernel's. Only what is done
//! with files blocks: it goes to threads that take on the user's rights ([`files::identity`]) and
//! end when there is nothing to do. Locks are held
//! for moments and never across an await. A panic ends one request or connection, never the
//! program: the first process of a machine must not end.

pub mod agent;
pub mod archive;
pub mod boot;
pub mod files;
pub mod guest;
pub mod http;
pub mod log;
pub mod metrics;
pub mod ports;
pub mod process;
pub mod run;
pub mod settings;
pub mod sync;
pub mod users;

/// Messages and stubs of the process and file services.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
pub mod proto {
    connectrpc::include_generated!();
}
