/// The `wrenn` program: starts and stops an instance on this machine, and speaks to its API.
///
/// The shell script `wrenn` prepares (JDK, packages, build) and hands over to [Main]. Exit codes: 0
/// done; 1 it did not work, one sentence on standard error says why; 2 wrong usage; `exec` exits
/// with the command's own code, or 125 when Wrenn itself could not run it.
///
/// - `client`: commands that need nothing but the address of an API and a key
/// - `instance`: `up`, `down`, `status` and the supervisor behind them
/// - `pki`: the certificates with which control plane and host agent know each other
/// - `doctor`: what this machine has and lacks
@NullMarked
package dev.wrenn.cli;

import org.jspecify.annotations.NullMarked;
