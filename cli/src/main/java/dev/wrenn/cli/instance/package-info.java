/// An instance on this machine: `up`, `down`, `status`, and the supervisor between them.
///
/// One supervisor process holds the lock of a data directory. Its parts are child processes in
/// sessions of their own, which end when the supervisor does; microVMs do not, the next host agent
/// takes them over. A part is named on disk by pid and start time, so that a number that was given
/// to another program is never signalled.
@NullMarked
package dev.wrenn.cli.instance;

import org.jspecify.annotations.NullMarked;
