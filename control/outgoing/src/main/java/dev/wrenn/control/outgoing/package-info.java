/// Requests to servers of others. One client for all of them, which connects to nothing that the
/// internet could not reach, and a small adapter for each tool that channels tell.
///
/// Start with [dev.wrenn.control.outgoing.SafeCourier].
@NullMarked
package dev.wrenn.control.outgoing;

import org.jspecify.annotations.NullMarked;
