//! The program: see the library for what it does.

use std::net::SocketAddr;
use std::process::ExitCode;

const USAGE: &str = "usage: envd --listen ADDRESS:PORT [--metadata ADDRESS:PORT]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match &args[..] {
        [flag, address] if flag == "--listen" => listen(address, None),
        [flag, address, more, service] if flag == "--listen" && more == "--metadata" => {
            listen(address, Some(service))
        }
        [flag] if flag == "--version" => {
            println!("{}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        // The kernel gives its own unknown words as arguments to the first process.
        _ if std::process::id() == 1 => envd::run::guest(),
        _ => fail(USAGE),
    }
}

fn listen(address: &str, metadata: Option<&str>) -> ExitCode {
    let parse = |text: &str| {
        text.parse::<SocketAddr>()
            .map_err(|e| format!("{text}: {e}"))
    };
    let (address, metadata) = match (parse(address), metadata.map(parse).transpose()) {
        (Ok(address), Ok(metadata)) => (address, metadata),
        (Err(e), _) | (_, Err(e)) => return fail(&e),
    };
    match envd::run::plain(address, metadata) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => fail(&format!("envd: {e}")),
    }
}

fn fail(message: &str) -> ExitCode {
    eprintln!("{message}");
    ExitCode::from(2)
}
