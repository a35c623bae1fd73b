/// Where capsules may connect to: policies of teams and capsules, and how they reach the hosts.
/// [dev.wrenn.control.domain.network.Networks] is where to start.
@NullMarked
package dev.wrenn.control.domain.network;

import org.jspecify.annotations.NullMarked;
