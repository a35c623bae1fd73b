//! Randomness from the host. Capsules of one snapshot would otherwise draw the same numbers.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::GuestError;

/// Most bytes taken at once; the pool holds 32.
pub const MAX: usize = 512;

// <linux/random.h>: _IOW('R', 0x03, int[2]) and _IO('R', 0x07).
const RNDADDENTROPY: libc::Ioctl = 0x4008_5203;
const RNDRESEEDCRNG: libc::Ioctl = 0x5207;

/// `struct rand_pool_info` with room for [`MAX`] bytes.
#[repr(C)]
struct PoolInfo {
    bits: libc::c_int,
    size: libc::c_int,
    bytes: [u8; MAX],
}

/// Mixes `bytes` (at most [`MAX`] are used) into the kernel's pool, credits them in full and makes
/// the generator start from it. Needs `CAP_SYS_ADMIN`.
pub fn add(bytes: &[u8]) -> Result<(), GuestError> {
    let size = bytes.len().min(MAX);
    let mut info = PoolInfo {
        bits: (size * 8) as libc::c_int,
        size: size as libc::c_int,
        bytes: [0; MAX],
    };
    info.bytes[..size].copy_from_slice(&bytes[..size]);
    let device = File::open("/dev/urandom").map_err(GuestError::Entropy)?;
    // SAFETY: `info` lives through the call and `size` is within its bytes.
    let added = unsafe { libc::ioctl(device.as_raw_fd(), RNDADDENTROPY, &raw const info) };
    check(added)?;
    // SAFETY: this request takes no argument.
    check(unsafe { libc::ioctl(device.as_raw_fd(), RNDRESEEDCRNG) })
}

fn check(result: libc::c_int) -> Result<(), GuestError> {
    if result < 0 {
        return Err(GuestError::Entropy(io::Error::last_os_error()));
    }
    Ok(())
}
