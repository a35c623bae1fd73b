/// The pager: one small process per host that answers the page faults of restored VMs.
///
/// It is a process of its own so that neither the agent's garbage collector nor its restart can
/// stall a guest. Per VM there is one platform thread that reads faults from a userfaultfd and
/// copies pages in clusters ([dev.wrenn.host.pager.FaultLoop]), and one that first brings in the
/// working set an earlier restore recorded ([dev.wrenn.host.pager.Prefetch]). A VMM speaks
/// Firecracker's handshake on a socket the agent hands over ([dev.wrenn.host.pager.Handshake]).
/// When the pager dies, the next one takes the userfaultfds back from the living VMMs
/// ([dev.wrenn.host.pager.Takeover]) and wakes whoever waits.
///
/// May depend on `host/memory`, `host/linux` and `common`. Start with
/// [dev.wrenn.host.pager.PagerMain].
@NullMarked
package dev.wrenn.host.pager;

import org.jspecify.annotations.NullMarked;
