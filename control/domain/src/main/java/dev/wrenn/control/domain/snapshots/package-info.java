/// Snapshot templates: made of a capsule, on the host that has it. A row is there before the files
/// and goes after them, so whatever is cut short is found and finished.
///
/// Start with [dev.wrenn.control.domain.snapshots.Snapshots].
@NullMarked
package dev.wrenn.control.domain.snapshots;

import org.jspecify.annotations.NullMarked;
