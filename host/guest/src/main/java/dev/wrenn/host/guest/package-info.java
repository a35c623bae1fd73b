/// Client of envd, the agent inside each guest.
///
/// One [dev.wrenn.host.guest.GuestHttp] per process, one [dev.wrenn.host.guest.GuestClient] per
/// capsule. A fresh guest goes [dev.wrenn.host.guest.HealthProbe] (wait until it answers) → `init`
/// (identity, clock, entropy, token) → `exec` or `start`. Outcomes one must expect from a machine
/// that runs foreign code (gone, slow, no such program) are sealed results, not exceptions.
/// Everything blocks and is meant for virtual threads.
@NullMarked
package dev.wrenn.host.guest;

import org.jspecify.annotations.NullMarked;
