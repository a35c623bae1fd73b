//! The kernel command line: what the host tells a booting capsule.

use std::net::Ipv4Addr;
use std::path::PathBuf;

/// Address of the capsule on its only network card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkConfig {
    /// Own address.
    pub address: Ipv4Addr,
    /// Mask of the connected network.
    pub mask: Ipv4Addr,
    /// Default router, if there is one.
    pub gateway: Option<Ipv4Addr>,
}

/// The `wrenn.*` words of a kernel command line; other words are ignored, and so is a value that
/// cannot be read, because a machine without network can still say so on its console.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cmdline {
    /// `wrenn.root`: device with the root file system.
    pub root: Option<PathBuf>,
    /// `wrenn.ip`, `wrenn.mask`, `wrenn.gw`.
    pub network: Option<NetworkConfig>,
    /// `wrenn.dns`: addresses separated by commas.
    pub dns: Vec<Ipv4Addr>,
    /// `wrenn.mmds`: address of the VMM's metadata service, if it has one.
    pub mmds: Option<Ipv4Addr>,
}

impl Cmdline {
    /// Reads the text of `/proc/cmdline`. The last of several equal words wins.
    pub fn parse(text: &str) -> Cmdline {
        let mut address = None;
        let mut mask = Ipv4Addr::new(255, 255, 255, 252);
        let mut gateway = None;
        let mut cmdline = Cmdline::default();
        for word in text.split_ascii_whitespace() {
            let Some((key, value)) = word.split_once('=') else {
                continue;
            };
            match key {
                "wrenn.root" if value.starts_with('/') => cmdline.root = Some(value.into()),
                "wrenn.ip" => address = value.parse().ok(),
                "wrenn.mask" => mask = value.parse().unwrap_or(mask),
                "wrenn.gw" => gateway = value.parse().ok(),
                "wrenn.dns" => {
                    cmdline.dns = value.split(',').filter_map(|a| a.parse().ok()).collect();
                }
                "wrenn.mmds" => cmdline.mmds = value.parse().ok(),
                _ => {}
            }
        }
        cmdline.network = address.map(|address| NetworkConfig {
            address,
            mask,
            gateway,
        });
        cmdline
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_a_host_passes() {
        let text = "console=ttyS0 quiet wrenn.ip=169.254.0.21 wrenn.mask=255.255.255.252 \
                    wrenn.gw=169.254.0.22 wrenn.root=/dev/vda wrenn.dns=1.1.1.1,9.9.9.9 rw \
                    wrenn.mmds=169.254.169.254\n";
        let cmdline = Cmdline::parse(text);
        assert_eq!(cmdline.root, Some("/dev/vda".into()));
        let network = cmdline.network.unwrap();
        assert_eq!(network.address, Ipv4Addr::new(169, 254, 0, 21));
        assert_eq!(network.gateway, Some(Ipv4Addr::new(169, 254, 0, 22)));
        assert_eq!(cmdline.dns.len(), 2);
        assert_eq!(cmdline.mmds, Some(Ipv4Addr::new(169, 254, 169, 254)));
    }

    #[test]
    fn leaves_out_what_cannot_be_read() {
        let cmdline = Cmdline::parse("wrenn.ip=1.2.3 wrenn.root=vda wrenn.dns=x,,8.8.8.8");
        assert_eq!(cmdline.network, None);
        assert_eq!(cmdline.root, None);
        assert_eq!(cmdline.mmds, None);
        assert_eq!(cmdline.dns, [Ipv4Addr::new(8, 8, 8, 8)]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC*") {
            let _ = Cmdline::parse(&text);
        }

        #[test]
        fn addresses_come_back(ip: u32, mask: u32, gw: u32, noise in "[a-z=. ]{0,20}") {
            let [ip, mask, gw] = [ip, mask, gw].map(Ipv4Addr::from);
            let text = format!("{noise} wrenn.mask={mask} wrenn.gw={gw} wrenn.ip={ip}");
            let expected = NetworkConfig { address: ip, mask, gateway: Some(gw) };
            prop_assert_eq!(Cmdline::parse(&text).network, Some(expected));
        }
    }
}
