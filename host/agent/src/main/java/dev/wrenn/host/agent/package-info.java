/// The host agent's process: settings, wiring of the host's rooms, and the RPC server.
///
/// [dev.wrenn.host.agent.AgentMain] is the entry; [dev.wrenn.host.agent.Agent] opens the rooms in
/// order and closes them in reverse; [dev.wrenn.host.agent.SandboxRpc],
/// [dev.wrenn.host.agent.ExecRpc] and [dev.wrenn.host.agent.WatchRpc] translate between the
/// contract and `host/capsule` without deciding anything. Only the control plane may call: mutual
/// TLS, client name `control`. Ending the agent leaves VMs running; its next life takes them back.
@NullMarked
package dev.wrenn.host.agent;

import org.jspecify.annotations.NullMarked;
