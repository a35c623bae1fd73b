//! The program: see the library for what it does.

use std::net::SocketAddr;
use std::process::ExitCode;

const USAGE: &str = "usage: envd --listen ADDRESS:PORT";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args[..] {
        [flag, address] if flag == "--listen" => listen(address),
        [flag] if flag == "--version" => {
            println!("{}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        // The kernel gives its own unknown words as arguments to the first process.
        _ if std::process::id() == 1 => envd::run::guest(),
        _ => fail(USAGE),
    }
}

fn listen(address: &str) -> ExitCode {
    let address: SocketAddr = match address.parse() {
        Ok(address) => address,
        Err(e) => return fail(&format!("{address}: {e}")),
    };
    match envd::run::plain(address) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(&format!("envd: {e}")),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}
