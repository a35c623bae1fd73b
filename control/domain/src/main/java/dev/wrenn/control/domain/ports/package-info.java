/// The TCP ports of capsules under host names of their own: what a host name means, who may use a
/// port, and the links that prove it.
///
/// Start with [dev.wrenn.control.domain.ports.PortAddress].
@NullMarked
package dev.wrenn.control.domain.ports;

import org.jspecify.annotations.NullMarked;
