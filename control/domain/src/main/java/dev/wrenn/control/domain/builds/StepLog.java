package dev.wrenn.control.domain.builds;

import org.jspecify.annotations.Nullable;

/// What one step said and how it ended.
///
/// @param step from 1
/// @param stdout bounded; what was cut out is marked
/// @param exit null while it runs, or when it ended without one
/// @param ok null while it runs
/// @param cached its result was there already: it was not run
public record StepLog(
        int step,
        String phase,
        String cmd,
        String stdout,
        String stderr,
        @Nullable Integer exit,
        @Nullable Boolean ok,
        long elapsedMs,
        boolean cached) {}
