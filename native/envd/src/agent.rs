//! What all parts of the agent share.

use std::sync::{Arc, Mutex};

use tokio::sync::{Notify, Semaphore};

use crate::files::watch::Watchers;
use crate::metrics::CpuMeter;
use crate::ports::Ports;
use crate::process::table::Table;
use crate::settings::Settings;
use crate::sync::lock;
use crate::users::{User, UserError};

/// Archives at a time; more wait.
const ARCHIVES: usize = 16;

/// What this program is for the machine that it runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The first process of a capsule: may set clock, names and files of the system.
    Guest,
    /// A server like any other: leaves the system as it is.
    Plain,
}

/// The agent.
pub struct Agent {
    /// For the machine.
    pub role: Role,
    /// As `/init` set them. Locked for moments, never across an await.
    pub settings: Mutex<Settings>,
    /// Told of each `/init` that was accepted.
    pub initialized: Notify,
    /// Processes of callers.
    pub processes: Arc<Table>,
    /// Watches that callers poll.
    pub watchers: Watchers,
    /// Archives that are packed or unpacked: each holds a thread.
    pub archives: Arc<Semaphore>,
    /// Ways to servers that listen inside only.
    pub ports: Ports,
    /// Remembers the last look at the processor.
    pub cpu: Mutex<CpuMeter>,
}

impl Agent {
    /// An agent that was told nothing yet.
    pub fn new(role: Role) -> Agent {
        Agent {
            role,
            settings: Mutex::default(),
            initialized: Notify::new(),
            processes: Arc::default(),
            watchers: Watchers::default(),
            archives: Arc::new(Semaphore::new(ARCHIVES)),
            ports: Ports::default(),
            cpu: Mutex::default(),
        }
    }

    /// The user of that name; without one, the default user of the capsule.
    pub fn user(&self, named: Option<String>) -> Result<User, UserError> {
        let named = named.or_else(|| lock(&self.settings).default_user.clone());
        match named {
            Some(name) => User::find(&name),
            None => User::usual(),
        }
    }
}
