/// The lifecycle of capsules: every change is decided by the status table, stored with
/// compare-and-set, then acted upon.
///
/// Start with [dev.wrenn.control.domain.capsules.Capsules], what a caller may ask for.
@NullMarked
package dev.wrenn.control.domain.capsules;

import org.jspecify.annotations.NullMarked;
