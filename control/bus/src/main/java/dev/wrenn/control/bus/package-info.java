/// Redis: tells the outside of changes and hands out short leases. Every message may be lost and is
/// derived again from the store; Redis being down fails no request.
///
/// Start with [dev.wrenn.control.bus.Redis].
@NullMarked
package dev.wrenn.control.bus;

import org.jspecify.annotations.NullMarked;
