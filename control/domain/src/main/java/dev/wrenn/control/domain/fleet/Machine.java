package dev.wrenn.control.domain.fleet;

/// What an agent tells of its machine when it registers.
///
/// @param arch such as `x86_64`
/// @param address `host:port` under which control planes reach the agent
public record Machine(String arch, int cores, long memoryMb, long diskGb, String address) {}
