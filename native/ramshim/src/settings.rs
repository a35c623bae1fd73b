//! What the host agent asks for, by environment.

use std::env;

/// Where guest memory comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Anonymous memory, writes tracked.
    Track,
    /// A private mapping of the memory image, writes tracked.
    File {
        /// Descriptor of the image.
        memory: i32,
    },
    /// Faults answered by the pager.
    Uffd {
        /// Connected socket for the handshake.
        socket: i32,
    },
}

/// One VMM's settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of guest RAM.
    pub size: usize,
    /// Where its content comes from.
    pub mode: Mode,
    /// An open /dev/userfaultfd.
    pub device: Option<i32>,
    /// Where to report the mapping.
    pub report: Option<i32>,
}

impl Settings {
    /// Reads the process environment; nothing when the library is not meant for this process.
    pub fn from_environment() -> Option<Settings> {
        Settings::from(|name| env::var(name).ok())
    }

    fn from(variable: impl Fn(&str) -> Option<String>) -> Option<Settings> {
        let number = |name: &str| variable(name)?.parse::<i32>().ok().filter(|fd| *fd >= 0);
        let mode = match variable("RAMSHIM_MODE")?.as_str() {
            "track" => Mode::Track,
            "file" => Mode::File {
                memory: number("RAMSHIM_MEM_FD")?,
            },
            "uffd" => Mode::Uffd {
                socket: number("RAMSHIM_SOCK_FD")?,
            },
            _ => return None,
        };
        let size = variable("RAMSHIM_SIZE")?
            .parse::<usize>()
            .ok()
            .filter(|size| *size > 0 && size % 4096 == 0)?;
        Some(Settings {
            size,
            mode,
            device: number("RAMSHIM_UFFD_DEV_FD"),
            report: number("RAMSHIM_REPORT_FD"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Option<Settings> {
        Settings::from(|name| {
            pairs
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_string())
        })
    }

    #[test]
    fn reads_each_mode() {
        let track = read(&[
            ("RAMSHIM_MODE", "track"),
            ("RAMSHIM_SIZE", "4096"),
            ("RAMSHIM_REPORT_FD", "9"),
        ]);
        assert_eq!(
            track,
            Some(Settings {
                size: 4096,
                mode: Mode::Track,
                device: None,
                report: Some(9)
            })
        );
        let file = read(&[
            ("RAMSHIM_MODE", "file"),
            ("RAMSHIM_SIZE", "8192"),
            ("RAMSHIM_MEM_FD", "5"),
        ]);
        assert_eq!(file.map(|s| s.mode), Some(Mode::File { memory: 5 }));
        let uffd = read(&[
            ("RAMSHIM_MODE", "uffd"),
            ("RAMSHIM_SIZE", "8192"),
            ("RAMSHIM_SOCK_FD", "6"),
        ]);
        assert_eq!(uffd.map(|s| s.mode), Some(Mode::Uffd { socket: 6 }));
    }

    #[test]
    fn stays_out_of_other_processes() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&[("RAMSHIM_MODE", "track")]), None);
        assert_eq!(
            read(&[("RAMSHIM_MODE", "track"), ("RAMSHIM_SIZE", "4097")]),
            None
        );
        assert_eq!(
            read(&[("RAMSHIM_MODE", "file"), ("RAMSHIM_SIZE", "4096")]),
            None
        );
        assert_eq!(
            read(&[
                ("RAMSHIM_MODE", "uffd"),
                ("RAMSHIM_SIZE", "4096"),
                ("RAMSHIM_SOCK_FD", "-1")
            ]),
            None
        );
    }
}
