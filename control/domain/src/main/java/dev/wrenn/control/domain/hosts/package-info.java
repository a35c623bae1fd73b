/// Hosts: where capsules run, how they are asked, which one gets the next capsule.
///
/// Start with [dev.wrenn.control.domain.hosts.HostClient] (the port to one host) and
/// [dev.wrenn.control.domain.hosts.HostDirectory] (what is known of all of them now).
@NullMarked
package dev.wrenn.control.domain.hosts;

import org.jspecify.annotations.NullMarked;
