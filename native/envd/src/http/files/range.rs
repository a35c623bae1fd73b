//! The header `Range` (RFC 9110, section 14): one range of bytes.

/// What to send of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it.
    Whole,
    /// From a position, so many bytes; at least one.
    Range {
        /// First byte.
        start: u64,
        /// Bytes.
        length: u64,
    },
    /// There is nothing in that range.
    Unsatisfiable,
}

/// The part that `header` asks for of `size` bytes. What is not understood, and several ranges at
/// once, may be answered with all of it, and are.
pub fn part(header: Option<&str>, size: u64) -> Part {
    let range = header.and_then(|header| header.trim().strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    match (number(first), number(last)) {
        (Some(Some(first)), Some(last)) => {
            let last = last.unwrap_or(u64::MAX);
            if last < first {
                return Part::Whole;
            }
            if first >= size {
                return Part::Unsatisfiable;
            }
            let length = last.min(size - 1) - first + 1;
            Part::Range {
                start: first,
                length,
            }
        }
        // The last so many bytes.
        (Some(None), Some(Some(count))) => match count.min(size) {
            0 => Part::Unsatisfiable,
            length => Part::Range {
                start: size - length,
                length,
            },
        },
        _ => Part::Whole,
    }
}

/// `Some(None)` for no digits, `None` for what is no number. Larger ones than fit are the largest.
fn number(text: &str) -> Option<Option<u64>> {
    let text = text.trim();
    match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true if text.is_empty() => Some(None),
        true => Some(Some(text.parse().unwrap_or(u64::MAX))),
        false => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn range(start: u64, length: u64) -> Part {
        Part::Range { start, length }
    }

    #[test]
    fn ranges_are_understood() {
        for (header, expected) in [
            ("bytes=0-0", range(0, 1)),
            ("bytes=2-5", range(2, 4)),
            ("bytes=2-", range(2, 8)),
            ("bytes=-3", range(7, 3)),
            ("bytes=-30", range(0, 10)),
            ("bytes=5-99999999999999999999999", range(5, 5)),
            ("bytes=10-", Part::Unsatisfiable),
            ("bytes=99999999999999999999999-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=5-2", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            assert_eq!(part(Some(header), 10), expected, "{header}");
        }
        assert_eq!(part(None, 10), Part::Whole);
        assert_eq!(part(Some("bytes=0-"), 0), Part::Unsatisfiable);
    }

    proptest! {
        #[test]
        fn a_part_is_within_the_file(header in "bytes=[0-9]{0,21}-[0-9]{0,21}|\\PC*", size: u64) {
            if let Part::Range { start, length } = part(Some(&header), size) {
                prop_assert!(length > 0);
                prop_assert!(start.checked_add(length).is_some_and(|end| end <= size));
            }
        }
    }
}
