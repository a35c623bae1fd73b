package dev.wrenn.host.vmm;

/// What must be durable to find a VM again: plain values, so that it can be part of a JSON record.
///
/// @param pid process id
/// @param startTime in clock ticks since boot; tells a process from a later one with the same id
/// @param uid user id of the process
/// @param workDir directory with `qmp.sock`, `vmm.log` and `ram.json`
public record VmRecord(int pid, long startTime, int uid, String workDir) {}
