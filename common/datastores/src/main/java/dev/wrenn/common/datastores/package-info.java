/// PostgreSQL and Redis as child processes on loopback: durable ones for a host that brings its own
/// datastores up, fast and forgetful ones for tests.
///
/// A server ends with the process that started it, even when that is killed. Each data directory is
/// locked, so that two processes never serve it; what an earlier life left running is stopped
/// first. As root the servers run under their own account, or, where that account cannot reach the
/// files, without capabilities.
///
/// Start with [dev.wrenn.common.datastores.PostgresServer] and
/// [dev.wrenn.common.datastores.RedisServer].
@NullMarked
package dev.wrenn.common.datastores;

import org.jspecify.annotations.NullMarked;
