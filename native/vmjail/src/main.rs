//! `vmjail`, started by the host agent in the place of a VMM.
//!
//! The agent opens everything a VMM needs and starts this program with those descriptors, as the
//! first process of a PID namespace. It takes away what is left, in an order in which each step is
//! still allowed, and becomes the VMM:
//!
//! 1. mount, network, IPC, UTS and cgroup namespaces of its own ([root]);
//! 2. a root that holds the VMM's program and libraries, read-only, the device nodes it opens, and a
//!    `/proc` with nothing but itself in it;
//! 3. limits: no core dumps, few threads and descriptors;
//! 4. no capability, no group but one it may need, a user id that no other process has
//!    ([privileges]);
//! 5. no way to get any of that back: `no_new_privs`, and a filter of system calls ([filter]) that
//!    stays whatever filter the VMM adds.
//!
//! A VMM that opens its resources by path gets single files at paths that are the same for every VM, a
//! small folder of its own for its control socket, device nodes of its own, and the network namespace
//! of its tap, in which it can make no socket but those of the Unix kind.
//!
//! A step that fails ends the process with status 126 and a sentence on standard error: there is no
//! VMM with half of its walls.

mod filter;
mod plan;
mod privileges;
mod root;
mod syscalls;

use std::process::ExitCode;

use plan::Plan;

/// As shells say that a program was found and could not be run.
const CANNOT_RUN: u8 = 126;

fn main() -> ExitCode {
    let failure = match Plan::parse(std::env::args_os().skip(1)) {
        Ok(plan) => confine(&plan).unwrap_or_else(|error| error),
        Err(error) => error,
    };
    eprintln!("vmjail: {failure}");
    ExitCode::from(CANNOT_RUN)
}

/// Does not return when all goes well.
fn confine(plan: &Plan) -> Result<String, String> {
    if std::process::id() != 1 {
        return Err("not the first process of a PID namespace".to_string());
    }
    root::enter(plan)?;
    privileges::limit(plan)?;
    privileges::drop(plan)?;
    filter::install(plan.unix_only)?;
    Ok(syscalls::become_program(&plan.command))
}
