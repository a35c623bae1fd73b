//! Memory in the place of a guest: a thread writes to it by a rule while the machine runs, and the
//! rule says later what every page must be.
//!
//! The first page holds a counter of writes. Write number `t` fills one page of a ring with words that
//! follow from `t`; the ring's order visits every page before it comes back.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Bytes of a page.
pub const PAGE: usize = 4096;

const FIRST: usize = 16; // pages before the ring
const LARGEST_RING: usize = 4096;
const STRIDE: u64 = 7919; // odd, so that a ring of a power of two is visited as a whole
const BATCH: u64 = 20;
const PAUSE: Duration = Duration::from_millis(5);
const AT_BOOT: u64 = 1500;

/// A mapping of the guest's memory.
pub struct Memory {
    start: *mut u8,
    size: usize,
    written: Option<Vec<AtomicBool>>,
}

// SAFETY: everybody who touches the memory holds the lock of the guest.
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// Takes a mapping of `size` bytes over; with `tracked`, notes which pages are written.
    pub fn new(start: *mut u8, size: usize, tracked: bool) -> Memory {
        let flags = || (0..size / PAGE).map(|_| AtomicBool::new(false)).collect();
        Memory {
            start,
            size,
            written: tracked.then(flags),
        }
    }

    /// Bytes.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The pages written since the last call, whose list begins anew; `None` when nobody noted.
    pub fn take_written(&self) -> Option<Vec<usize>> {
        let flags = self.written.as_ref()?;
        let taken = |flag: &AtomicBool| flag.swap(false, Ordering::Relaxed);
        Some(
            (0..flags.len())
                .filter(|page| taken(&flags[*page]))
                .collect(),
        )
    }

    /// Touches and copies a page.
    pub fn page(&self, number: usize) -> [u8; PAGE] {
        assert!(number < self.size / PAGE);
        let mut copy = [0; PAGE];
        // SAFETY: the page is within the mapping, which lives as long as this process.
        unsafe {
            self.start
                .add(number * PAGE)
                .copy_to(copy.as_mut_ptr(), PAGE)
        };
        copy
    }

    fn write(&self, number: usize, content: &[u8]) {
        assert!(number < self.size / PAGE && content.len() <= PAGE);
        // SAFETY: as above; writers hold the lock of the guest.
        unsafe {
            self.start
                .add(number * PAGE)
                .copy_from(content.as_ptr(), content.len());
        }
        if let Some(flags) = &self.written {
            flags[number].store(true, Ordering::Relaxed);
        }
    }

    fn counter(&self) -> u64 {
        let page = self.page(0);
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&page[..8]);
        u64::from_le_bytes(bytes)
    }

    fn ring(&self) -> u64 {
        let pages = (self.size / PAGE - FIRST).min(LARGEST_RING);
        1 << pages.ilog2()
    }

    fn place(&self, write: u64) -> usize {
        FIRST + (write.wrapping_mul(STRIDE) % self.ring()) as usize
    }

    fn advance(&self, writes: u64) {
        let from = self.counter();
        for write in from + 1..=from + writes {
            self.write(self.place(write), &content(write));
            self.write(0, &write.to_le_bytes());
        }
    }

    /// Compares every page of the ring with what the rule says.
    ///
    /// # Errors
    /// Which page is not as it must be.
    fn verify(&self) -> Result<(u64, usize), String> {
        let counter = self.counter();
        let mut expected = vec![[0; PAGE]; self.ring() as usize];
        for write in counter.saturating_sub(self.ring())..=counter {
            if write > 0 {
                expected[self.place(write) - FIRST] = content(write);
            }
        }
        for (index, wanted) in expected.iter().enumerate() {
            if self.page(FIRST + index) != *wanted {
                return Err(format!("page {} is wrong at {counter}", FIRST + index));
            }
        }
        Ok((counter, expected.len()))
    }
}

/// Words that follow from the number of a write.
fn content(write: u64) -> [u8; PAGE] {
    let mut page = [0; PAGE];
    let mut word = write.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for chunk in page.chunks_exact_mut(8) {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        chunk.copy_from_slice(&word.to_le_bytes());
    }
    page
}

/// The thread and its memory.
pub struct Guest {
    memory: Memory,
    running: Mutex<bool>,
    changed: Condvar,
}

impl Guest {
    /// A guest that stands still.
    pub fn new(memory: Memory) -> Arc<Guest> {
        let guest = Arc::new(Guest {
            memory,
            running: Mutex::new(false),
            changed: Condvar::new(),
        });
        let thread = Arc::clone(&guest);
        std::thread::spawn(move || thread.live());
        guest
    }

    /// Writes what a boot would.
    pub fn boot(&self) {
        let _stopped = self.lock();
        self.memory.advance(AT_BOOT);
    }

    /// Lets it run, or stops it between two writes.
    pub fn run(&self, run: bool) {
        *self.lock() = run;
        self.changed.notify_all();
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        *self.lock()
    }

    /// The memory of a guest that stands still.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Touches every page and says on the console whether all are as they were.
    pub fn tell(&self) {
        let stopped = self.lock();
        let words = match self.memory.verify() {
            Ok((counter, pages)) => format!("guest: goes on at {counter}, {pages} pages right"),
            Err(wrong) => format!("guest: {wrong}"),
        };
        drop(stopped);
        console(&words);
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) {
        let mut running = self.lock();
        loop {
            running = if *running {
                self.memory.advance(BATCH);
                match self.changed.wait_timeout(running, PAUSE) {
                    Ok((guard, _)) => guard,
                    Err(poisoned) => poisoned.into_inner().0,
                }
            } else {
                let waited = self.changed.wait(running);
                waited.unwrap_or_else(PoisonError::into_inner)
            };
        }
    }
}

/// Prints a line where a guest's serial port is; a console that nobody reads loses it.
pub fn console(line: &str) {
    let mut out = std::io::stdout().lock();
    let _lost = out.write_all(format!("{line}\r\n").as_bytes());
    let _lost = out.flush();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_changed_is_found() {
        let mut pages = vec![0_u64; 64 * PAGE / 8];
        let memory = Memory::new(pages.as_mut_ptr().cast(), 64 * PAGE, true);
        memory.advance(10);
        assert_eq!(memory.verify(), Ok((10, 32)));
        assert_eq!(memory.take_written().map(|pages| pages.len()), Some(11));
        assert_eq!(memory.take_written(), Some(Vec::new()));
        memory.advance(100);
        assert_eq!(memory.verify(), Ok((110, 32)));
        memory.write(FIRST + 3, b"another");
        assert!(memory.verify().is_err());
    }
}
