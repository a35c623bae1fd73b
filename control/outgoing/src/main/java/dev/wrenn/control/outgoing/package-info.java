/// Requests to servers of others. The clients for all of them connect to nothing that the internet
/// could not reach, and a small adapter for each tool that channels tell.
///
/// Start with [dev.wrenn.control.outgoing.SafeCourier].
@NullMarked
package dev.wrenn.control.outgoing;

import org.jspecify.annotations.NullMarked;
