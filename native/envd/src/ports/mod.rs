//! Ways from outside to servers that listen inside the capsule only.
//!
//! A server on 127.0.0.1 or ::1 cannot be reached over the network card. When somebody outside
//! wants it, the host asks for a way: a forwarder on the card's address and the same port, which
//! passes connections on and goes when the server has gone. Nothing is watched before somebody
//! asks, so an idle capsule stays idle, and no port is taken that nobody uses.

mod listeners;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::MissedTickBehavior;

use crate::sync::lock;

/// The address of the network card, the same in every capsule.
pub const CARD: Ipv4Addr = Ipv4Addr::new(169, 254, 0, 21);

/// How soon a forwarder goes after its server: until then the port cannot be bound on all
/// addresses.
const LOOK: Duration = Duration::from_millis(500);
/// Forwarders at a time.
const LIMIT: usize = 256;

/// What came of a wish for a way.
#[derive(Debug, PartialEq, Eq)]
pub enum Way {
    /// There is one now, or there was one before.
    Open,
    /// Nobody listens on this port.
    Nobody,
    /// There are as many forwarders as there may be, or the port cannot be bound.
    Refused,
}

/// The forwarders of this capsule.
pub struct Ports {
    card: IpAddr,
    forwarded: Arc<Mutex<HashMap<u16, SocketAddr>>>,
}

impl Default for Ports {
    fn default() -> Ports {
        Ports::new(CARD.into())
    }
}

impl Ports {
    /// Forwarders on `card`.
    pub fn new(card: IpAddr) -> Ports {
        Ports {
            card,
            forwarded: Arc::default(),
        }
    }

    /// Makes the port reachable from outside. Needs the runtime of the program.
    pub async fn open(&self, port: u16) -> Way {
        let Some(server) = listeners::find(port, self.card) else {
            return Way::Nobody;
        };
        if server.ip().is_unspecified() || server.ip() == self.card {
            return Way::Open;
        }
        {
            let mut forwarded = lock(&self.forwarded);
            if forwarded.contains_key(&port) {
                return Way::Open;
            }
            if forwarded.len() >= LIMIT {
                return Way::Refused;
            }
            forwarded.insert(port, server);
        }
        match TcpListener::bind((self.card, port)).await {
            Ok(listener) => {
                tokio::spawn(forward(listener, server, Arc::clone(&self.forwarded)));
                Way::Open
            }
            Err(e) => {
                crate::note!("port {port} is not forwarded: {e}");
                lock(&self.forwarded).remove(&port);
                Way::Refused
            }
        }
    }
}

async fn forward(
    listener: TcpListener,
    server: SocketAddr,
    forwarded: Arc<Mutex<HashMap<u16, SocketAddr>>>,
) {
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, _)) => drop(tokio::spawn(pass(client, server))),
                Err(e) => {
                    crate::note!("port {}: {e}", server.port());
                    look.tick().await; // mostly for want of descriptors
                }
            },
            _ = look.tick() => {
                if !listeners::listens(server) {
                    break;
                }
            }
        }
    }
    lock(&forwarded).remove(&server.port());
}

/// An error here is one of the two that left: their own affair, and the other is told by the end.
async fn pass(mut client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    tokio::io::copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Another address of loopback stands for the card.
    fn ports() -> Ports {
        Ports::new(Ipv4Addr::new(127, 0, 0, 9).into())
    }

    async fn echo(listener: &TcpListener) -> io::Result<()> {
        let (mut stream, _) = listener.accept().await?;
        let (mut input, mut output) = stream.split();
        tokio::io::copy(&mut input, &mut output).await.map(drop)
    }

    async fn say(to: SocketAddr, text: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(to).await?;
        stream.write_all(text.as_bytes()).await?;
        stream.shutdown().await?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        Ok(said)
    }

    #[tokio::test]
    async fn a_server_on_loopback_is_reached_until_it_goes() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let Ok(server) = TcpListener::bind(address).await else {
                assert_eq!(address, "[::1]:0"); // a machine without IPv6
                continue;
            };
            let port = server.local_addr().unwrap().port();
            let ports = ports();
            let outside = SocketAddr::new(ports.card, port);
            assert!(TcpStream::connect(outside).await.is_err());
            assert_eq!(ports.open(port).await, Way::Open);
            assert_eq!(ports.open(port).await, Way::Open);
            let (said, echoed) = tokio::join!(say(outside, "hello"), echo(&server));
            echoed.unwrap();
            assert_eq!(said.unwrap(), "hello");

            drop(server);
            while TcpStream::connect(outside).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(ports.open(port).await, Way::Nobody);
            assert!(lock(&ports.forwarded).is_empty());
        }
    }

    #[tokio::test]
    async fn a_server_on_all_addresses_needs_no_way() {
        let server = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let ports = ports();
        assert_eq!(ports.open(port).await, Way::Open);
        assert!(lock(&ports.forwarded).is_empty());
    }
}
