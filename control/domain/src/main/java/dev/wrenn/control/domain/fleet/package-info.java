/// The machines that capsules run on: who may add one, how it proves who it is, and how it is
/// watched. Start with [dev.wrenn.control.domain.fleet.Fleet].
@NullMarked
package dev.wrenn.control.domain.fleet;

import org.jspecify.annotations.NullMarked;
