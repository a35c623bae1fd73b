/// The way to host agents: Connect over mutual TLS, one client per host, and the intake of what
/// hosts report.
///
/// Implements [dev.wrenn.control.domain.hosts.HostClient]; feeds
/// [dev.wrenn.control.domain.hosts.HostEvents]. Start with [dev.wrenn.control.hostlink.HostLinks].
@NullMarked
package dev.wrenn.control.hostlink;

import org.jspecify.annotations.NullMarked;
