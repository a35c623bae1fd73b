/// Passing requests on: what the control plane and the host agent share of the port proxy.
///
/// [dev.wrenn.common.proxy.Forward] takes one request of a Jetty server to another server and its
/// answer back, streaming both ways with constant memory and no time limit; an upgraded connection
/// becomes a [dev.wrenn.common.proxy.ByteTunnel] of bytes. Where it goes and what is changed on the
/// way is the [dev.wrenn.common.proxy.Leg] of the caller. [dev.wrenn.common.proxy.Lanes] are kept
/// connections of bytes for requests without a body, opened by a [dev.wrenn.common.proxy.Splice] on
/// the other side. No thread waits for anything.
@NullMarked
package dev.wrenn.common.proxy;

import org.jspecify.annotations.NullMarked;
