//! Watches for callers who ask now and then.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::Tree;
use crate::files::FilesError;
use crate::proto::filesystem::FilesystemEvent;
use crate::sync::lock;

/// Watchers at a time.
const MAX_WATCHERS: usize = 64;
/// Events of one watcher that wait to be fetched.
const MAX_EVENTS: usize = 4096;
/// A watcher that was not asked for so long makes place for a new one.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// All polled watchers of the capsule.
#[derive(Default)]
pub struct Watchers(Mutex<HashMap<String, Polled>>);

/// One of them; its task ends with it.
struct Polled {
    queue: Arc<Mutex<Queue>>,
    task: JoinHandle<()>,
    asked: Instant,
}

impl Drop for Polled {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What waits to be fetched.
#[derive(Default)]
struct Queue {
    events: VecDeque<FilesystemEvent>,
    /// Why events are missing.
    lost: Option<FilesError>,
}

impl Queue {
    fn push(&mut self, events: Vec<FilesystemEvent>) {
        match self.events.len() + events.len() <= MAX_EVENTS {
            true => self.events.extend(events),
            false => self.fail(FilesError::Limit("events were lost")),
        }
    }

    /// What comes before a gap is of no use: who learns of the gap looks at everything anew.
    fn fail(&mut self, why: FilesError) {
        self.events.clear();
        self.lost = Some(why);
    }
}

impl Watchers {
    /// Keeps `tree`; the name to ask with.
    pub fn keep(&self, tree: Tree) -> Result<String, FilesError> {
        let mut watchers = lock(&self.0);
        watchers.retain(|_, watcher| watcher.asked.elapsed() < FORGOTTEN);
        if watchers.len() >= MAX_WATCHERS {
            return Err(FilesError::Limit("too many watchers"));
        }
        let queue = Arc::<Mutex<Queue>>::default();
        let watcher = Polled {
            queue: Arc::clone(&queue),
            task: tokio::spawn(follow(tree, queue)),
            asked: Instant::now(),
        };
        let random = || RandomState::new().build_hasher().finish();
        let id = format!("w{:016x}{:016x}", random(), random());
        watchers.insert(id.clone(), watcher);
        Ok(id)
    }

    /// What happened since the last call.
    pub fn fetch(&self, id: &str) -> Result<Vec<FilesystemEvent>, FilesError> {
        let mut watchers = lock(&self.0);
        let watcher = watchers.get_mut(id).ok_or_else(|| unknown(id))?;
        watcher.asked = Instant::now();
        let mut queue = lock(&watcher.queue);
        match queue.lost.take() {
            Some(why) => Err(why),
            None => Ok(queue.events.drain(..).collect()),
        }
    }

    /// Ends a watcher.
    pub fn remove(&self, id: &str) -> Result<(), FilesError> {
        match lock(&self.0).remove(id) {
            Some(_) => Ok(()),
            None => Err(unknown(id)),
        }
    }
}

fn unknown(id: &str) -> FilesError {
    FilesError::NotFound(format!("watcher {id:?}"))
}

async fn follow(mut tree: Tree, queue: Arc<Mutex<Queue>>) {
    while !tree.is_over() {
        tree.ready().await;
        match tree.take().await {
            Ok(events) => lock(&queue).push(events),
            Err(e @ FilesError::Limit(_)) => lock(&queue).fail(e),
            Err(e) => {
                lock(&queue).fail(e);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_tells_once_that_events_were_lost() {
        let mut queue = Queue::default();
        queue.push(vec![FilesystemEvent::default(); MAX_EVENTS]);
        assert_eq!(queue.events.len(), MAX_EVENTS);
        queue.push(vec![FilesystemEvent::default()]);
        assert!(matches!(queue.lost.take(), Some(FilesError::Limit(_))));
        assert!(queue.events.is_empty());
        queue.push(vec![FilesystemEvent::default()]);
        assert_eq!(queue.events.len(), 1);
    }
}
