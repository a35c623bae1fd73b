//! The output of one process: a bounded log with readers at their own positions.

use std::collections::{BTreeMap, VecDeque};
use std::process::ExitStatus;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::sync::lock;

/// Bytes that the log retains, bookkeeping included.
pub const LIMIT: usize = 256 << 10;

/// What an entry costs besides its bytes, so that many tiny ones are bounded as well.
const ENTRY_COST: usize = 64;

/// Where output came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// The terminal, which has both.
    Terminal,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// By itself or by a signal.
    Ended(ExitStatus),
    /// Its time was over; its group was killed.
    TimedOut,
}

/// What a subscriber reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// The next output.
    Data(Stream, Bytes),
    /// The end, after all output. Nothing follows.
    End(Outcome),
}

#[derive(Default)]
struct State {
    entries: VecDeque<(Stream, Bytes)>,
    /// Position of the oldest entry; each has the position of the one before it plus one.
    first: u64,
    /// Cost of all entries.
    cost: usize,
    /// Position that each subscriber reads next.
    positions: BTreeMap<u64, u64>,
    next_subscriber: u64,
    outcome: Option<Outcome>,
}

impl State {
    /// Whether somebody still has to read the oldest entry.
    fn oldest_is_needed(&self) -> bool {
        self.positions.values().any(|p| *p == self.first)
    }

    /// Drops old entries until `cost` more fits. False when a reader is in the way.
    fn make_room(&mut self, cost: usize) -> bool {
        while self.cost + cost > LIMIT {
            if self.oldest_is_needed() {
                return self.entries.is_empty();
            }
            match self.entries.pop_front() {
                Some((_, bytes)) => {
                    self.cost -= bytes.len() + ENTRY_COST;
                    self.first += 1;
                }
                None => return true,
            }
        }
        true
    }
}

/// The log. One lock, held only to move an entry; never across an await.
#[derive(Default)]
pub struct Output {
    state: Mutex<State>,
    /// Something was added, or the end is known.
    grown: Notify,
    /// A reader went on or left.
    read: Notify,
}

impl Output {
    /// A reader from the oldest retained entry on.
    pub fn subscribe(self: &Arc<Self>) -> Subscriber {
        let mut state = lock(&self.state);
        let id = state.next_subscriber;
        state.next_subscriber += 1;
        let position = state.first;
        state.positions.insert(id, position);
        Subscriber {
            output: Arc::clone(self),
            id,
        }
    }

    /// Adds output, in order. Waits while the log is full of entries that a subscriber has not
    /// read; without subscribers the oldest entries give way.
    pub async fn push(&self, stream: Stream, bytes: Bytes) {
        let cost = bytes.len() + ENTRY_COST;
        loop {
            let mut read = std::pin::pin!(self.read.notified());
            read.as_mut().enable();
            {
                let mut state = lock(&self.state);
                if state.make_room(cost) {
                    state.cost += cost;
                    state.entries.push_back((stream, bytes));
                    break;
                }
            }
            read.await;
        }
        self.grown.notify_waiters();
    }

    /// Ends the log. The first outcome counts.
    pub fn finish(&self, outcome: Outcome) {
        lock(&self.state).outcome.get_or_insert(outcome);
        self.grown.notify_waiters();
    }

    /// Bytes in memory.
    pub fn retained(&self) -> usize {
        lock(&self.state).cost
    }
}

/// A reader of an [`Output`]. Leaving is dropping it.
pub struct Subscriber {
    output: Arc<Output>,
    id: u64,
}

impl Subscriber {
    /// The next item; waits for it. After [`Item::End`] it is `End` again. Nothing is lost when
    /// the future is dropped before it is ready.
    pub async fn next(&mut self) -> Item {
        loop {
            let mut grown = std::pin::pin!(self.output.grown.notified());
            grown.as_mut().enable();
            if let Some(item) = self.take() {
                return item;
            }
            grown.await;
        }
    }

    fn take(&self) -> Option<Item> {
        let mut guard = lock(&self.output.state);
        let state = &mut *guard;
        let position = state.positions.get_mut(&self.id)?;
        let index = usize::try_from(*position - state.first).unwrap_or(usize::MAX);
        match state.entries.get(index) {
            Some((stream, bytes)) => {
                *position += 1;
                let item = Item::Data(*stream, bytes.clone());
                drop(guard);
                self.output.read.notify_waiters();
                Some(item)
            }
            None => state.outcome.map(Item::End),
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        lock(&self.output.state).positions.remove(&self.id);
        self.output.read.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use futures::FutureExt;
    use proptest::prelude::*;

    use super::*;

    const DONE: Outcome = Outcome::TimedOut;

    fn chunk(byte: u8, size: usize) -> Bytes {
        Bytes::from(vec![byte; size])
    }

    /// Reads what is there without waiting.
    fn read_ready(subscriber: &mut Subscriber) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some(item) = subscriber.next().now_or_never() {
            let is_end = matches!(item, Item::End(_));
            items.push(item);
            if is_end {
                break;
            }
        }
        items
    }

    #[test]
    fn the_end_comes_after_all_output() {
        let output = Arc::new(Output::default());
        let mut early = output.subscribe();
        let status = ExitStatus::from_raw(0);
        assert!(
            output
                .push(Stream::Stdout, chunk(1, 10))
                .now_or_never()
                .is_some()
        );
        output.finish(Outcome::Ended(status));
        output.finish(DONE);
        let mut late = output.subscribe();
        let expected = [
            Item::Data(Stream::Stdout, chunk(1, 10)),
            Item::End(Outcome::Ended(status)),
        ];
        assert_eq!(read_ready(&mut early), expected);
        assert_eq!(read_ready(&mut late), expected);
    }

    #[test]
    fn a_slow_reader_stops_the_writer_and_loses_nothing() {
        let output = Arc::new(Output::default());
        let mut slow = output.subscribe();
        let mut written = 0;
        while output
            .push(Stream::Stdout, chunk(written, 32 << 10))
            .now_or_never()
            .is_some()
        {
            written += 1;
        }
        assert_eq!(
            written, 7,
            "eight chunks with their cost are over the limit"
        );
        assert!(output.retained() <= LIMIT);
        let mut blocked = Box::pin(output.push(Stream::Stderr, chunk(99, 32 << 10)));
        assert!(blocked.as_mut().now_or_never().is_none());
        assert_eq!(
            slow.next().now_or_never(),
            Some(Item::Data(Stream::Stdout, chunk(0, 32 << 10)))
        );
        assert!(blocked.now_or_never().is_some());
        assert_eq!(read_ready(&mut slow).len(), 7);
    }

    #[test]
    fn a_reader_that_leaves_lets_the_writer_go_on() {
        let output = Arc::new(Output::default());
        let leaving = output.subscribe();
        while output
            .push(Stream::Stdout, chunk(0, 32 << 10))
            .now_or_never()
            .is_some()
        {}
        let mut blocked = Box::pin(output.push(Stream::Stdout, chunk(1, 32 << 10)));
        assert!(blocked.as_mut().now_or_never().is_none());
        drop(leaving);
        assert!(blocked.now_or_never().is_some());
    }

    #[test]
    fn an_entry_over_the_limit_passes_alone() {
        let output = Arc::new(Output::default());
        let mut reader = output.subscribe();
        assert!(
            output
                .push(Stream::Stdout, chunk(0, 2 * LIMIT))
                .now_or_never()
                .is_some()
        );
        assert!(
            output
                .push(Stream::Stdout, chunk(1, 1))
                .now_or_never()
                .is_none()
        );
        assert_eq!(read_ready(&mut reader).len(), 1);
    }

    proptest! {
        /// Without readers the newest output is retained, within the limit, and whole.
        #[test]
        fn the_replay_is_the_end_of_all_output(sizes in prop::collection::vec(1usize..60_000, 1..60)) {
            let output = Arc::new(Output::default());
            for (i, size) in sizes.iter().enumerate() {
                let pushed = output.push(Stream::Stdout, chunk(i as u8, *size)).now_or_never();
                prop_assert!(pushed.is_some());
                prop_assert!(output.retained() <= LIMIT);
            }
            output.finish(DONE);
            let items = read_ready(&mut output.subscribe());
            let kept = items.len() - 1;
            prop_assert_eq!(&items[kept], &Item::End(DONE));
            let skipped = sizes.len() - kept;
            for (i, item) in items[..kept].iter().enumerate() {
                let expected = chunk((skipped + i) as u8, sizes[skipped + i]);
                prop_assert_eq!(item, &Item::Data(Stream::Stdout, expected));
            }
        }
    }
}
