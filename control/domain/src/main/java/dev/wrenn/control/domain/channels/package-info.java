/// Channels: what happens in a team reaches the tools its people read, and programs.
///
/// Start with [dev.wrenn.control.domain.channels.Channels] and
/// [dev.wrenn.control.domain.channels.Dispatcher].
@NullMarked
package dev.wrenn.control.domain.channels;

import org.jspecify.annotations.NullMarked;
