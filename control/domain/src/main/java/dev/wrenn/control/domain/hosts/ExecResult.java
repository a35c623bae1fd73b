package dev.wrenn.control.domain.hosts;

/// A program that ran to its end. The arrays belong to the reader and are not copied.
///
/// @param exitCode 127 for an unknown program, 128+n when killed by signal n
/// @param truncated a stream was longer than the bound of the host; its head is kept
@SuppressWarnings("ArrayRecordComponent") // up to 32 MiB each, handed over once
public record ExecResult(byte[] stdout, byte[] stderr, int exitCode, boolean truncated) {}
