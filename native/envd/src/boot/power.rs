//! The end of the machine.

use std::convert::Infallible;
use std::time::Duration;

use nix::sys::reboot::{RebootMode, reboot};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What processes get between the request to end and the end.
const GRACE: Duration = Duration::from_millis(500);

/// Ends all processes, writes the disks and ends the machine. A restart, not a power-off: VMMs turn
/// it into their own exit, also where no power management is emulated.
pub fn off() -> ! {
    crate::note!("ending");
    // The number -1 means every process but this one.
    let everyone = Pid::from_raw(-1);
    if kill(everyone, Signal::SIGTERM).is_ok() {
        std::thread::sleep(GRACE);
        let _ = kill(everyone, Signal::SIGKILL);
    }
    restart()
}

/// Writes the disks and restarts at once.
pub fn restart() -> ! {
    nix::unistd::sync();
    let refused: Result<Infallible, _> = reboot(RebootMode::RB_AUTOBOOT);
    crate::note!("reboot: {refused:?}");
    // Only without the right to restart; the exit of the first process panics the kernel.
    std::process::exit(1)
}
