/// Network slots: for each running capsule a namespace with the same addresses inside, a unique
/// address outside, and rules that let it reach the internet and nothing else.
///
/// Slot `i` has namespace `wrenn-ns-i`, a veth pair `10.12.0.0 + 2i` (host) and `+ 1` (`eth0`
/// inside), the capsule address `10.11.0.0 + i`, and `tap0` with fixed MAC on which the guest is
/// always `169.254.0.21`. Rules inside a namespace: translate, refuse forged sources, refuse
/// private ranges. Rules of the host: one static table `inet wrenn`, the same for one capsule and
/// for 32767, set atomically. Other tables are never touched: a host whose own firewall drops
/// forwarded packets (for example Docker's policy) must itself allow `wrenn-veth*`, or capsules
/// have no way out. Several agents can share a machine: `/run/wrenn/slots` says whose each slot is.
@NullMarked
package dev.wrenn.host.network;

import org.jspecify.annotations.NullMarked;
