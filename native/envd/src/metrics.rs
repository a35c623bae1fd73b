//! Use of the machine, measured when somebody asks and at no other time.

use std::fs::read_to_string;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::statvfs::statvfs;
use serde::Serialize;

const MIB: u64 = 1 << 20;

/// The answer of `/metrics`. Sizes are bytes where no unit is named.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Metrics {
    ts: u64,
    cpu_count: usize,
    cpu_used_pct: f64,
    mem_total_mib: u64,
    mem_used_mib: u64,
    mem_total: u64,
    mem_used: u64,
    disk_used: u64,
    disk_total: u64,
}

impl Metrics {
    /// The machine now; processor use is since the last call with this meter, at first since boot.
    pub fn take(meter: &mut CpuMeter) -> Metrics {
        let stat = read_to_string("/proc/stat").unwrap_or_default();
        let (mem_total, mem_available) =
            memory(&read_to_string("/proc/meminfo").unwrap_or_default());
        let mem_used = mem_total.saturating_sub(mem_available);
        let (disk_used, disk_total) = disk();
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Metrics {
            ts: now.map_or(0, |now| now.as_secs()),
            cpu_count: std::thread::available_parallelism().map_or(1, usize::from),
            cpu_used_pct: meter.used(&stat),
            mem_total_mib: mem_total / MIB,
            mem_used_mib: mem_used / MIB,
            mem_total,
            mem_used,
            disk_used,
            disk_total,
        }
    }
}

/// Processor time at the last call, in ticks.
#[derive(Debug, Default)]
pub struct CpuMeter {
    busy: u64,
    total: u64,
}

impl CpuMeter {
    /// Percent of all processors used since the last call, from the text of `/proc/stat`; to two
    /// decimals.
    fn used(&mut self, stat: &str) -> f64 {
        let Some(ticks) = cpu_ticks(stat) else {
            return 0.0;
        };
        // user nice system idle iowait irq softirq steal; guest times are within user and nice.
        let total: u64 = ticks.iter().take(8).sum();
        let idle: u64 = ticks.iter().skip(3).take(2).sum();
        let busy = total.saturating_sub(idle);
        let (past_busy, past_total) = (self.busy, self.total);
        (self.busy, self.total) = (busy, total);
        let elapsed = total.saturating_sub(past_total);
        if elapsed == 0 {
            return 0.0;
        }
        let share = busy.saturating_sub(past_busy) as f64 / elapsed as f64;
        (share * 10_000.0).round() / 100.0
    }
}

fn cpu_ticks(stat: &str) -> Option<Vec<u64>> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    line.split_ascii_whitespace()
        .map(|word| word.parse().ok())
        .collect()
}

/// Total and available bytes, from the text of `/proc/meminfo`.
fn memory(meminfo: &str) -> (u64, u64) {
    let bytes = |key: &str| {
        let rest = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
        let kib: u64 = rest.split_ascii_whitespace().next()?.parse().ok()?;
        kib.checked_mul(1024)
    };
    (
        bytes("MemTotal:").unwrap_or_default(),
        bytes("MemAvailable:").unwrap_or_default(),
    )
}

/// Used and total bytes of the root file system.
fn disk() -> (u64, u64) {
    match statvfs("/") {
        Ok(fs) => {
            let used = fs.blocks().saturating_sub(fs.blocks_free());
            (used * fs.fragment_size(), fs.blocks() * fs.fragment_size())
        }
        Err(_) => (0, 0),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn processor_use_is_between_two_looks() {
        let mut meter = CpuMeter::default();
        assert_eq!(meter.used("cpu  10 0 10 70 10 0 0 0 0 0\ncpu0 1\n"), 20.0);
        assert_eq!(meter.used("cpu  60 0 10 120 10 0 0 0 0 0\n"), 50.0);
        assert_eq!(meter.used("cpu  60 0 10 120 10 0 0 0 0 0\n"), 0.0);
    }

    #[test]
    fn memory_is_in_bytes() {
        let text = "MemTotal:  1000 kB\nMemFree: 1 kB\nMemAvailable:   400 kB\n";
        assert_eq!(memory(text), (1_024_000, 409_600));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(cpu |MemTotal: )?[a-z0-9 :\n]*") {
            let used = CpuMeter::default().used(&text);
            prop_assert!((0.0..=100.0).contains(&used));
            let _ = memory(&text);
        }
    }
}
