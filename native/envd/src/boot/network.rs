//! Brings up loopback and the network card, by the ioctls of netdevice(7) and rt(7).

use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

use super::BootError;
use super::cmdline::NetworkConfig;

const LOOPBACK: &str = "lo";
const CARD: &str = "eth0";

/// Sets loopback up, and `eth0` with its address and default route when there is a configuration.
pub fn bring_up(config: Option<&NetworkConfig>) -> Result<(), BootError> {
    let socket = socket().map_err(|e| BootError::Network("socket", e))?;
    up(&socket, LOOPBACK).map_err(|e| BootError::Network("lo up", e))?;
    let Some(config) = config else {
        return Ok(());
    };
    set_address(&socket, libc::SIOCSIFADDR, config.address)
        .map_err(|e| BootError::Network("eth0 address", e))?;
    set_address(&socket, libc::SIOCSIFNETMASK, config.mask)
        .map_err(|e| BootError::Network("eth0 mask", e))?;
    up(&socket, CARD).map_err(|e| BootError::Network("eth0 up", e))?;
    match config.gateway {
        Some(gateway) => {
            default_route(&socket, gateway).map_err(|e| BootError::Network("default route", e))
        }
        None => Ok(()),
    }
}

fn socket() -> Result<OwnedFd, Errno> {
    // SAFETY: no pointer is passed; the result is checked before it is owned.
    let fd = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    Errno::result(fd)?;
    // SAFETY: `fd` was opened just now and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn request(name: &str) -> libc::ifreq {
    // SAFETY: ifreq is plain old data, all zero is a valid value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (slot, byte) in request.ifr_name.iter_mut().zip(name.bytes()) {
        *slot = byte as libc::c_char;
    }
    request
}

fn up(socket: &OwnedFd, name: &str) -> Result<(), Errno> {
    let mut request = request(name);
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    ioctl(socket, libc::SIOCSIFFLAGS, &raw mut request)
}

fn set_address(socket: &OwnedFd, what: libc::Ioctl, address: Ipv4Addr) -> Result<(), Errno> {
    let mut request = request(CARD);
    request.ifr_ifru.ifru_addr = sockaddr(address);
    ioctl(socket, what, &raw mut request)
}

fn default_route(socket: &OwnedFd, gateway: Ipv4Addr) -> Result<(), Errno> {
    // SAFETY: rtentry is plain old data, all zero is a valid value.
    let mut route: libc::rtentry = unsafe { std::mem::zeroed() };
    route.rt_dst = sockaddr(Ipv4Addr::UNSPECIFIED);
    route.rt_genmask = sockaddr(Ipv4Addr::UNSPECIFIED);
    route.rt_gateway = sockaddr(gateway);
    route.rt_flags = libc::RTF_UP | libc::RTF_GATEWAY;
    match ioctl(socket, libc::SIOCADDRT, &raw mut route) {
        Ok(()) | Err(Errno::EEXIST) => Ok(()),
        Err(errno) => Err(errno),
    }
}

/// `address` as a sockaddr_in, in the generic form that the requests hold.
fn sockaddr(address: Ipv4Addr) -> libc::sockaddr {
    // SAFETY: sockaddr is plain old data, all zero is a valid value.
    let mut generic: libc::sockaddr = unsafe { std::mem::zeroed() };
    generic.sa_family = libc::AF_INET as libc::sa_family_t;
    // sockaddr_in: two bytes of port, then the address in network order.
    for (slot, byte) in generic.sa_data[2..6].iter_mut().zip(address.octets()) {
        *slot = byte as libc::c_char;
    }
    generic
}

fn ioctl<T>(socket: &OwnedFd, what: libc::Ioctl, argument: *mut T) -> Result<(), Errno> {
    // SAFETY: `argument` points to a live value of the type that `what` reads, owned by the caller.
    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), what, argument) }).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_in_network_order() {
        let generic = sockaddr(Ipv4Addr::new(169, 254, 0, 21));
        assert_eq!(i32::from(generic.sa_family), libc::AF_INET);
        assert_eq!(
            generic.sa_data[..7],
            [0, 0, 169u8 as i8, 254u8 as i8, 0, 21, 0]
        );
    }

    #[test]
    fn names_end_with_zero() {
        let name = request("eth0").ifr_name;
        assert_eq!(name[..5], [101, 116, 104, 48, 0]);
    }
}
