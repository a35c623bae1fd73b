//! All jobs: the live ones, and for a while those that have ended.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use super::ProcessError;
use super::children::Children;
use super::job::Job;
use super::output::{Output, Subscriber};
use super::spawn::Plan;
use crate::proto::process::ProcessConfig;
use crate::sync::lock;

/// How long a job can still be connected to after its end: a terminal whose connection dropped
/// is looked for again within that time.
const KEEP: Duration = Duration::from_secs(60);
/// Most memory and most jobs that are kept after their end; the oldest go first.
const KEEP_BYTES: usize = 4 << 20;
const KEEP_JOBS: usize = 256;

/// Which process is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// By number.
    Pid(u32),
    /// By the name that its caller gave it.
    Tag(String),
}

impl Selector {
    fn picks(&self, job: &Job) -> bool {
        match self {
            Selector::Pid(pid) => job.pid == *pid,
            Selector::Tag(tag) => job.tag.as_ref() == Some(tag),
        }
    }

    fn unknown(&self) -> ProcessError {
        ProcessError::Unknown(match self {
            Selector::Pid(pid) => pid.to_string(),
            Selector::Tag(tag) => format!("{tag:?}"),
        })
    }
}

/// A wish to start a process.
pub struct Start {
    /// What to run.
    pub plan: Plan,
    /// Its name, unique among live jobs.
    pub tag: Option<String>,
    /// The request, for lists.
    pub config: ProcessConfig,
    /// When its group is killed.
    pub deadline: Option<Instant>,
}

#[derive(Default)]
struct Jobs {
    /// Supervised jobs. Few enough that a search costs nothing next to a process.
    live: Vec<Arc<Job>>,
    /// Oldest first.
    kept: VecDeque<Arc<Job>>,
}

/// The table.
#[derive(Default)]
pub struct Table {
    children: Children,
    jobs: Mutex<Jobs>,
}

impl Table {
    /// Starts a process. Its first subscriber is there before it runs, so nothing is missed.
    /// The process does not depend on the caller: it goes on when the subscriber is dropped.
    pub fn start(self: &Arc<Self>, start: Start) -> Result<(Arc<Job>, Subscriber), ProcessError> {
        let output = Arc::new(Output::default());
        let subscriber = output.subscribe();
        let mut jobs = lock(&self.jobs);
        if let Some(tag) = &start.tag
            && jobs.live.iter().any(|job| job.tag.as_ref() == Some(tag))
        {
            return Err(ProcessError::TagTaken(tag.clone()));
        }
        let spawned = start.plan.spawn(&self.children)?;
        let (job, parts) = Job::new(spawned, start.tag, start.config, output);
        jobs.live.push(Arc::clone(&job));
        drop(jobs);
        let (table, supervised) = (Arc::clone(self), Arc::clone(&job));
        tokio::spawn(async move {
            supervised
                .supervise(parts, &table.children, start.deadline)
                .await;
            table.retire(&supervised);
            tokio::time::sleep(KEEP).await;
            lock(&table.jobs)
                .kept
                .retain(|job| !Arc::ptr_eq(job, &supervised));
        });
        Ok((job, subscriber))
    }

    /// Every process that has not ended.
    pub fn running(&self) -> Vec<Arc<Job>> {
        let jobs = lock(&self.jobs);
        jobs.live
            .iter()
            .filter(|job| !job.ended())
            .cloned()
            .collect()
    }

    /// The process that `selector` means, if it has not ended.
    pub fn find(&self, selector: &Selector) -> Result<Arc<Job>, ProcessError> {
        let jobs = lock(&self.jobs);
        let mut live = jobs.live.iter().filter(|job| !job.ended());
        let found = live.find(|job| selector.picks(job)).cloned();
        found.ok_or_else(|| selector.unknown())
    }

    /// The process that `selector` means, also for a while after its end; live ones come first,
    /// then the latest.
    pub fn recall(&self, selector: &Selector) -> Result<Arc<Job>, ProcessError> {
        let jobs = lock(&self.jobs);
        let all = jobs.live.iter().rev().chain(jobs.kept.iter().rev());
        let mut picked = all.filter(|job| selector.picks(job));
        picked.next().cloned().ok_or_else(|| selector.unknown())
    }

    /// Signals the process group of a job.
    pub fn signal(&self, selector: &Selector, signal: Signal) -> Result<(), ProcessError> {
        let job = self.find(selector)?;
        match self.children.signal_group(job.pid, signal) {
            true => Ok(()),
            false => Err(selector.unknown()),
        }
    }

    /// Kills all processes.
    pub fn kill_all(&self) {
        self.children.kill_all();
    }

    /// Reaps processes for ever; must run for jobs to end.
    pub async fn reap_forever(&self) -> std::io::Result<()> {
        self.children.reap_forever().await
    }

    fn retire(&self, job: &Arc<Job>) {
        let mut jobs = lock(&self.jobs);
        jobs.live.retain(|live| !Arc::ptr_eq(live, job));
        jobs.kept.push_back(Arc::clone(job));
        let mut bytes: usize = jobs.kept.iter().map(|job| job.output.retained()).sum();
        while bytes > KEEP_BYTES || jobs.kept.len() > KEEP_JOBS {
            let Some(oldest) = jobs.kept.pop_front() else {
                return;
            };
            bytes -= oldest.output.retained();
        }
    }
}
