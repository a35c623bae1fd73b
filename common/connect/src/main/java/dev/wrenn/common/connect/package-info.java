/// The Connect protocol (connectrpc.com/docs/protocol) over HTTP/1.1: unary calls and server
/// streams, JSON and binary, client and server, plus the messages generated from `contracts/proto`.
///
/// - A call is described by a [dev.wrenn.common.connect.Method]; the product's own ones are in
///   [dev.wrenn.common.connect.HostAgentMethods] and [dev.wrenn.common.connect.ProcessMethods].
/// - Server: handlers are collected in a [dev.wrenn.common.connect.ConnectService] and installed in
///   a Javalin server, most easily a [dev.wrenn.common.connect.ConnectServer]. Handlers block; each
///   runs on a virtual thread of its own, which is interrupted when the deadline passes.
/// - Client: [dev.wrenn.common.connect.ConnectClient] on an `HttpClient` made by
///   [dev.wrenn.common.connect.ConnectHttp]. Calls block and obey interruption and deadlines.
/// - Every failure of a call is a [dev.wrenn.common.connect.ConnectException] with a
///   [dev.wrenn.common.connect.Code].
///
/// Nothing is buffered without a bound: bodies and messages have size limits, and a stream's sender
/// waits for its reader. Compression is refused as the protocol prescribes. Client streams and GET
/// requests are not part of this room. Depends on `common/runtime` only.
@NullMarked
package dev.wrenn.common.connect;

import org.jspecify.annotations.NullMarked;
