package dev.wrenn.host.agent;

/// What is told of the machine when it registers.
///
/// @param arch as the kernel calls it
record MachineFacts(String arch, int cores, long memoryMb, long diskGb) {}
