//! Locking without a panic path.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks `mutex`. A holder that panicked left a value that is still whole: no holder in this crate
/// keeps an invariant broken across a call that may panic.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
