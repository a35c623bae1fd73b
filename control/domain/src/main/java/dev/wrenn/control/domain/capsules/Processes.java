package dev.wrenn.control.domain.capsules;

import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.GuestProcess;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ProcessId;
import dev.wrenn.control.domain.hosts.Started;
import dev.wrenn.control.domain.hosts.TerminalSession;
import dev.wrenn.control.domain.hosts.TerminalStart;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/// Processes and terminals of capsules that were found ready: what goes on without its caller.
/// Calls block; thread-safe.
public final class Processes {
    private final HostDirectory hosts;

    public Processes(HostDirectory hosts) {
        this.hosts = hosts;
    }

    /// Starts a program in the background.
    ///
    /// @param tag empty: one is made up
    public HostAnswer<Started> start(CapsuleRow capsule, Command command, String tag) {
        return ask(capsule, host -> host.startBackground(capsule.id(), command, tag));
    }

    /// What has not ended, terminals included.
    public HostAnswer<List<GuestProcess>> list(CapsuleRow capsule) {
        return ask(capsule, host -> host.processes(capsule.id()));
    }

    /// Signals a process group.
    public HostAnswer<Nothing> kill(
            CapsuleRow capsule, ProcessId process, ExecSession.Signal signal) {
        return ask(capsule, host -> host.kill(capsule.id(), process, signal));
    }

    /// Follows a process; closing the session leaves it alone.
    ///
    /// @return empty when the capsule's host is not known, as in the next two
    public Optional<ExecSession> follow(CapsuleRow capsule, ProcessId process) {
        return hosts.client(capsule.host()).map(host -> host.follow(capsule.id(), process));
    }

    /// Opens a terminal.
    public Optional<TerminalSession> open(CapsuleRow capsule, TerminalStart start) {
        return hosts.client(capsule.host()).map(host -> host.openTerminal(capsule.id(), start));
    }

    /// Comes back to a terminal by its tag.
    public Optional<TerminalSession> reopen(CapsuleRow capsule, String tag) {
        return hosts.client(capsule.host()).map(host -> host.reopenTerminal(capsule.id(), tag));
    }

    private <T> HostAnswer<T> ask(CapsuleRow capsule, Function<HostClient, HostAnswer<T>> call) {
        var host = hosts.client(capsule.host());
        if (host.isEmpty())
            return new HostAnswer.Refused<>(HostFault.UNREACHABLE, "the capsule's host is unknown");
        return call.apply(host.get());
    }
}
