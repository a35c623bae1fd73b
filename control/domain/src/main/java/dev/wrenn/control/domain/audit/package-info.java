/// Who did what: the rows of the audit trail and what they are made of.
///
/// Start with [dev.wrenn.control.domain.audit.Actor].
@NullMarked
package dev.wrenn.control.domain.audit;

import org.jspecify.annotations.NullMarked;
