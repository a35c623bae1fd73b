//! Runs the agent until its machine or its caller ends it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::agent::{Agent, Role};
use crate::guest::mmds;
use crate::{boot, http};

/// The port of the agent in a capsule.
pub const PORT: u16 = 49_983;

/// The port of a VMM's metadata service.
const METADATA_PORT: u16 = 80;

/// The life of a capsule: boots it, serves on all addresses, ends it.
pub fn guest() -> ! {
    let cmdline = match boot::start() {
        Ok(cmdline) => cmdline,
        Err(e) => {
            crate::note!("boot: {e}");
            boot::power::restart()
        }
    };
    let address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
    let metadata = cmdline.mmds.map(|ip| SocketAddr::from((ip, METADATA_PORT)));
    if let Err(e) = serve(address, Role::Guest, metadata) {
        crate::note!("serve: {e}");
        boot::power::restart()
    }
    boot::power::off()
}

/// Serves on `address` until SIGTERM or SIGINT; with port 0, on a free one. The first line on
/// standard output is the address. With `metadata`, learns there who it is.
pub fn plain(address: SocketAddr, metadata: Option<SocketAddr>) -> io::Result<()> {
    serve(address, Role::Plain, metadata)
}

fn serve(address: SocketAddr, role: Role, metadata: Option<SocketAddr>) -> io::Result<()> {
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
        if let Some(service) = metadata {
            tokio::spawn(mmds::follow(Arc::clone(&agent), service));
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
