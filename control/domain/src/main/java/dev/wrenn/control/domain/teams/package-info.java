/// Teams and who belongs to them.
///
/// Start with [dev.wrenn.control.domain.teams.Team].
@NullMarked
package dev.wrenn.control.domain.teams;

import org.jspecify.annotations.NullMarked;
