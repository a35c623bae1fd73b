/// What is left of teams that were deleted.
///
/// Start with [dev.wrenn.control.domain.cleanup.TeamCleanup].
@NullMarked
package dev.wrenn.control.domain.cleanup;

import org.jspecify.annotations.NullMarked;
