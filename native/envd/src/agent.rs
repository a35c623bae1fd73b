//! What all parts of the agent share.

use std::sync::{Arc, Mutex};

use crate::metrics::CpuMeter;
use crate::process::table::Table;
use crate::settings::Settings;

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
    /// Processes of callers.
    pub processes: Arc<Table>,
    /// Remembers the last look at the processor.
    pub cpu: Mutex<CpuMeter>,
}

impl Agent {
    /// An agent that was told nothing yet.
    pub fn new(role: Role) -> Agent {
        Agent {
            role,
            settings: Mutex::default(),
            processes: Arc::default(),
            cpu: Mutex::default(),
        }
    }
}
