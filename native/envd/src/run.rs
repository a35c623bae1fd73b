//! Runs the agent until its machine or its caller ends it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::agent::{Agent, Role};
use crate::{boot, http};

/// The port of the agent in a capsule.
pub const PORT: u16 = 49_983;

/// The life of a capsule: boots it, serves on all addresses, ends it.
pub fn guest() -> ! {
    if let Err(e) = boot::start() {
        crate::note!("boot: {e}");
        boot::power::restart()
    }
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
    if let Err(e) = serve(address, Role::Guest) {
        crate::note!("serve: {e}");
        boot::power::restart()
    }
    boot::power::off()
}

/// Serves on `address` until SIGTERM or SIGINT; with port 0, on a free one. The first line on
/// standard output is the address.
pub fn plain(address: SocketAddr) -> io::Result<()> {
    serve(address, Role::Plain)
}

fn serve(address: SocketAddr, role: Role) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        // Before anything can start a process, so that no signal is missed.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let agent = Arc::new(Agent::new(role));
        let listener = TcpListener::bind(address).await?;
        match role {
            Role::Guest => crate::note!("{} ready", env!("CARGO_PKG_VERSION")),
            Role::Plain => println!("{}", listener.local_addr()?),
        }
        let ended = tokio::select! {
            ended = http::serve(listener, Arc::clone(&agent)) => ended,
            ended = agent.processes.reap_forever() => ended,
            _ = terminate.recv() => Ok(()),
            _ = interrupt.recv() => Ok(()),
        };
        agent.processes.kill_all();
        ended
    })
}
