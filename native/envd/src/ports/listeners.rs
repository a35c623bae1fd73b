//! Who listens, from `/proc/net/tcp` and `/proc/net/tcp6` (proc(5)).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

const LISTEN: &str = "0A";
const TABLES: [&str; 2] = ["/proc/net/tcp", "/proc/net/tcp6"];

/// A server on this port that is reached on `card` or, failing that, on loopback.
pub fn find(port: u16, card: IpAddr) -> Option<SocketAddr> {
    let mut loopback = None;
    for server in all() {
        if server.port() != port {
            continue;
        }
        if server.ip().is_unspecified() || server.ip() == card {
            return Some(server);
        }
        if server.ip().is_loopback() && loopback.is_none() {
            loopback = Some(server);
        }
    }
    loopback
}

/// Whether somebody listens on exactly this address.
pub fn listens(server: SocketAddr) -> bool {
    all().contains(&server)
}

fn all() -> Vec<SocketAddr> {
    let mut found = Vec::new();
    for table in TABLES {
        // A kernel without IPv6 has one table only.
        if let Ok(text) = std::fs::read_to_string(table) {
            found.extend(text.lines().filter_map(listener));
        }
    }
    found
}

/// The local address of a line, if it is that of a listener.
fn listener(line: &str) -> Option<SocketAddr> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let local = words.next()?;
    let state = words.nth(1)?;
    if state != LISTEN {
        return None;
    }
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(SocketAddr::new(ip(address)?, port))
}

/// Words of 32 bits, each in the byte order of the machine.
fn ip(hex: &str) -> Option<IpAddr> {
    if !hex.is_ascii() {
        return None;
    }
    let mut octets = [0; 16];
    let words = hex.len() / 8;
    if !hex.len().is_multiple_of(8) || words > 4 {
        return None;
    }
    for (index, slot) in octets.chunks_exact_mut(4).take(words).enumerate() {
        let word = u32::from_str_radix(hex.get(index * 8..index * 8 + 8)?, 16).ok()?;
        slot.copy_from_slice(&word.to_ne_bytes());
    }
    match words {
        1 => Some(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]).into()),
        4 => Some(Ipv6Addr::from(octets).to_canonical()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(address: &str, state: &str) -> String {
        format!(
            "   0: {address} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0"
        )
    }

    #[test]
    fn listeners_are_read() {
        let expected = [
            ("0100007F:1F90", "127.0.0.1:8080"),
            ("00000000:0050", "0.0.0.0:80"),
            ("00000000000000000000000001000000:1F90", "[::1]:8080"),
            ("0000000000000000FFFF00000100007F:1F90", "127.0.0.1:8080"),
            ("00000000000000000000000000000000:0050", "[::]:80"),
        ];
        for (text, address) in expected {
            assert_eq!(
                listener(&line(text, "0A")),
                Some(address.parse().unwrap()),
                "{text}"
            );
        }
    }

    #[test]
    fn other_lines_are_none() {
        assert_eq!(listener(&line("0100007F:1F90", "01")), None);
        let head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt";
        assert_eq!(listener(head), None);
        assert_eq!(listener(""), None);
    }

    proptest! {
        #[test]
        fn no_line_is_too_odd(text in "\\PC{0,120}", address in "[0-9A-Fa-fxé:+]{0,40}") {
            let _ = listener(&text);
            let _ = listener(&line(&address, "0A"));
        }

        #[test]
        fn every_address_comes_back(octets: [u8; 4], port: u16) {
            let word = u32::from_ne_bytes(octets);
            let text = line(&format!("{word:08X}:{port:04X}"), "0A");
            prop_assert_eq!(listener(&text), Some(SocketAddr::new(octets.into(), port)));
        }
    }
}
