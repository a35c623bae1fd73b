/// What teams run over time, and how much of it.
///
/// Start with [dev.wrenn.control.domain.usage.LoadStore].
@NullMarked
package dev.wrenn.control.domain.usage;

import org.jspecify.annotations.NullMarked;
