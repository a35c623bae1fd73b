//! The bytes that large messages are filled with.

/// Largest padding that the server sends in one message.
pub const MAX: usize = 64 << 20;

/// `size` bytes, byte i is i mod 251.
pub fn bytes(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i % 251) as u8).collect()
}

/// Whether `padding` is what [`bytes`] makes.
pub fn is_whole(padding: &[u8]) -> bool {
    padding
        .iter()
        .enumerate()
        .all(|(i, b)| *b == (i % 251) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_its_own_bytes_only() {
        assert!(is_whole(&bytes(1000)));
        assert!(is_whole(&[]));
        assert!(!is_whole(&[1, 0]));
    }
}
