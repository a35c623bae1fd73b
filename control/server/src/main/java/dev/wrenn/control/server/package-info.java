/// Main of the control plane: wires the rooms; no logic of its own.
///
/// Settings come from the environment, see [dev.wrenn.control.server.ControlConfig]. On standard
/// output appears one line of JSON when it serves; logs go to standard error. Start with
/// [dev.wrenn.control.server.ControlMain].
@NullMarked
package dev.wrenn.control.server;

import org.jspecify.annotations.NullMarked;
