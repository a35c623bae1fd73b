package dev.wrenn.control.domain.hosts;

import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;

/// An open terminal. One thread reads; the other methods may be called from any thread, by the tag
/// that [TerminalEvent.Started] told.
public interface TerminalSession extends AutoCloseable {
    /// Waits for the next event; a slow reader slows the program down. Nothing follows after
    /// [TerminalEvent.Exited] or [TerminalEvent.Broken].
    TerminalEvent next();

    /// Types. Waits while the program does not read.
    HostAnswer<Nothing> input(String tag, byte[] data);

    /// @param cols and `rows`: more than zero
    HostAnswer<Nothing> resize(String tag, int cols, int rows);

    /// SIGKILL to the process group.
    HostAnswer<Nothing> kill(String tag);

    /// Ends the stream; the program goes on.
    @Override
    void close();
}
