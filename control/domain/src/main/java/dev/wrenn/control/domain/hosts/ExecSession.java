package dev.wrenn.control.domain.hosts;

import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;

/// A running program whose output is streamed. One thread reads; the other methods may be called
/// from any thread once [ExecEvent.Started] was read.
public interface ExecSession extends AutoCloseable {
    /// Signals that a client may send.
    enum Signal {
        TERM,
        KILL
    }

    /// Waits for the next event; a slow reader slows the program down. Nothing follows after
    /// [ExecEvent.Exited] or [ExecEvent.Broken].
    ExecEvent next();

    /// Bytes for the program's standard input, in order. Waits while the program does not read.
    HostAnswer<Nothing> input(int pid, byte[] data);

    /// End-of-file on the program's standard input.
    HostAnswer<Nothing> closeInput(int pid);

    /// Reaches the whole process group.
    HostAnswer<Nothing> signal(int pid, Signal signal);

    /// Ends the stream; a program that was started with it and still runs is killed with its
    /// process group, one that was only followed goes on.
    @Override
    void close();
}
