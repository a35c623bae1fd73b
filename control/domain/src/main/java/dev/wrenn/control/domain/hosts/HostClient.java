package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import java.time.Duration;
import java.util.List;

/// One host agent. Calls block and are meant for virtual threads; thread-safe. Calls that change a
/// capsule can be repeated: the host knows them by capsule and incarnation.
public interface HostClient {
    /// Boots a capsule, or returns the one which this id and incarnation already has; it may still
    /// be booting.
    HostAnswer<HostCapsule> create(BootOrder order, Duration limit);

    /// Ends a capsule and makes the host forget it. [HostFault#NOT_FOUND] when it has.
    HostAnswer<Nothing> destroy(CapsuleId id, Duration limit);

    /// The same for this life and earlier ones; [HostFault#NOT_FOUND] also when it has a later one.
    HostAnswer<Nothing> destroy(CapsuleId id, long upTo, Duration limit);

    /// Saves a running capsule and gives its VM back; paused already is done as well. It runs on as
    /// before unless done or without an answer.
    ///
    /// @param incarnation the life to pause; [HostFault#CONFLICT] when it is another one
    HostAnswer<HostCapsule> pause(CapsuleId id, long incarnation, Duration limit);

    /// Lets a paused capsule go on; it may still be on its way. [HostFault#DATA_LOSS] when what was
    /// saved is damaged; after any other refusal it is paused as before.
    ///
    /// @param incarnation the new life
    /// @param idleTimeout from now on; zero: never
    HostAnswer<HostCapsule> resume(
            CapsuleId id, long incarnation, Duration idleTimeout, Duration limit);

    /// Replaces the policies of a capsule, also of what it has open; of a paused one, for when it
    /// goes on.
    HostAnswer<Nothing> network(CapsuleId id, Egress egress, Duration limit);

    /// Makes a snapshot template of a running or paused capsule, which stays what it is. One of
    /// these ids that is there already is done as well.
    HostAnswer<HostSnapshot> createSnapshot(
            CapsuleId id, TeamId team, TemplateId template, Duration limit);

    /// Makes a template of the disk alone of a running capsule, which goes on. One of these ids
    /// that is there already is done as well.
    ///
    /// @return allocated bytes
    HostAnswer<Long> flatten(CapsuleId id, TeamId team, TemplateId template, Duration limit);

    /// Lets the host take a template that is only a disk, chunk by chunk; capsules can be made of
    /// it from then on.
    ///
    /// @param outline SHA-256 of the template's outline
    HostAnswer<Nothing> fetchTemplate(
            TeamId team, TemplateId template, String outline, Duration limit);

    /// Removes a template; not there is done as well. Capsules made of it are not touched.
    HostAnswer<Nothing> deleteSnapshot(TeamId team, TemplateId template, Duration limit);

    HostAnswer<HostCapsule> find(CapsuleId id, Duration limit);

    /// Every capsule the host has a record of.
    ///
    /// @param known of a list that is of no use again, [ListSum#NONE] when each is of use
    HostAnswer<HostList> list(ListSum known, Duration limit);

    /// Resets the idle timer. [HostFault#CONFLICT] unless running.
    HostAnswer<Nothing> ping(CapsuleId id, Duration limit);

    /// Runs a program to its end, within the command's own limit plus a little for the way.
    HostAnswer<ExecResult> exec(CapsuleId id, Command command);

    /// Starts a program and streams what it does. Failures arrive as [ExecEvent.Broken].
    ExecSession stream(CapsuleId id, Command command);

    /// Starts a program that runs on by itself; its limit is not used. [HostFault#CONFLICT] when a
    /// live process has the tag, [HostFault#INVALID] when there is no such program.
    ///
    /// @param tag empty: one is made up
    HostAnswer<Started> startBackground(CapsuleId id, Command command, String tag);

    /// What was started in a capsule and has not ended.
    HostAnswer<List<GuestProcess>> processes(CapsuleId id);

    /// Signals a process group. [HostFault#NOT_FOUND] when there is no such process.
    HostAnswer<Nothing> kill(CapsuleId id, ProcessId process, ExecSession.Signal signal);

    /// Follows a process: what is retained of its output, then what comes. Closing the session
    /// leaves the process alone. Failures arrive as [ExecEvent.Broken].
    ExecSession follow(CapsuleId id, ProcessId process);

    /// Opens a new terminal. Failures arrive as [TerminalEvent.Broken], as in the next.
    TerminalSession openTerminal(CapsuleId id, TerminalStart start);

    /// Comes back to a terminal.
    TerminalSession reopenTerminal(CapsuleId id, String tag);

    /// Files of its capsules.
    HostFiles files();

    /// Images of its paused capsules.
    HostImages images();

    /// What its capsules take.
    HostMetrics metrics();

    /// Ends every capsule, then the agent.
    HostAnswer<Nothing> terminate(Duration limit);

    /// What the host has and has promised.
    HostAnswer<HostReport> report(Duration limit);
}
