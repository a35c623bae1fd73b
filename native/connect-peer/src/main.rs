//! The other side for tests of the Connect protocol: a server and a client built on the
//! `connectrpc` crate. What they do is described in this crate's README.

mod client;
mod padding;
mod scenario;
mod server;

/// Messages and stubs of `wrenn.peer.v1`.
#[allow(missing_docs, clippy::all, clippy::pedantic)]
mod proto {
    connectrpc::include_generated!();
}

use std::process::ExitCode;

const USAGE: &str = "usage: connect-peer server [--port N]
       connect-peer client URL SCENARIO [--codec proto|json] [--text TEXT]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(e) => return fail(&format!("runtime: {e}")),
    };
    let outcome = match args.split_first() {
        Some((mode, rest)) if mode == "server" => runtime.block_on(server::run(rest)),
        Some((mode, rest)) if mode == "client" => runtime.block_on(client::run(rest)),
        _ => Err(USAGE.to_owned()),
    };
    // The reader of standard input may still be blocked in its thread: do not wait for it.
    runtime.shutdown_background();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}
