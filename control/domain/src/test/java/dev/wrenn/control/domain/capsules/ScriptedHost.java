package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecResult;
import dev.wrenn.control.domain.hosts.ExecSession;
import dev.wrenn.control.domain.hosts.GuestProcess;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostAnswer.Nothing;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.HostFiles;
import dev.wrenn.control.domain.hosts.HostImages;
import dev.wrenn.control.domain.hosts.HostList;
import dev.wrenn.control.domain.hosts.HostMetrics;
import dev.wrenn.control.domain.hosts.HostReport;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.hosts.ListSum;
import dev.wrenn.control.domain.hosts.ProcessId;
import dev.wrenn.control.domain.hosts.Started;
import dev.wrenn.control.domain.hosts.TerminalSession;
import dev.wrenn.control.domain.hosts.TerminalStart;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/// Answers orders from a script whose last line repeats, and notes what it was asked.
public final class ScriptedHost implements HostClient {
    final Deque<HostAnswer<HostCapsule>> answers = new ArrayDeque<>();
    public final List<String> orders = new CopyOnWriteArrayList<>();
    final List<CapsuleId> destroyed = new ArrayList<>();
    final CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(0);

    /// What a question about one capsule is answered with.
    HostAnswer<HostCapsule> found = new HostAnswer.Refused<>(HostFault.NOT_FOUND, "unknown");

    /// What the making and the removal of a snapshot are answered with.
    public HostAnswer<HostSnapshot> made = new HostAnswer.Refused<>(HostFault.INTERNAL, "words");

    /// What happens elsewhere before the host answers that a snapshot is made.
    public Runnable whileMaking = () -> {};

    public HostAnswer<Nothing> fetched =
            new HostAnswer.Refused<>(HostFault.CONFLICT, "cannot take it");
    public HostAnswer<Nothing> removed = new HostAnswer.Done<>(Nothing.NOTHING);

    /// What new policies are answered with.
    public HostAnswer<Nothing> network = new HostAnswer.Done<>(Nothing.NOTHING);

    /// Where images are asked for and go to.
    public @Nullable HostImages images;

    private HostAnswer<HostCapsule> answer(String order) {
        orders.add(order);
        asked.countDown();
        try {
            gate.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return answers.size() > 1 ? answers.remove() : answers.peek();
    }

    @Override
    public HostAnswer<HostCapsule> create(BootOrder order, Duration limit) {
        return answer("create " + order.incarnation());
    }

    @Override
    public HostAnswer<HostCapsule> pause(CapsuleId id, long incarnation, Duration limit) {
        return answer("pause " + incarnation);
    }

    @Override
    public HostAnswer<HostCapsule> resume(
            CapsuleId id, long incarnation, Duration idleTimeout, Duration limit) {
        return answer("resume " + incarnation);
    }

    @Override
    public HostAnswer<Nothing> network(CapsuleId id, Egress egress, Duration limit) {
        orders.add("network " + id);
        return network;
    }

    @Override
    public HostAnswer<Nothing> destroy(CapsuleId id, Duration limit) {
        destroyed.add(id);
        return new HostAnswer.Done<>(Nothing.NOTHING);
    }

    @Override
    public HostAnswer<Nothing> destroy(CapsuleId id, long upTo, Duration limit) {
        orders.add("destroy up to " + upTo);
        return new HostAnswer.Refused<>(HostFault.NOT_FOUND, "unknown");
    }

    @Override
    public HostAnswer<HostCapsule> find(CapsuleId id, Duration limit) {
        return found;
    }

    @Override
    public HostAnswer<HostSnapshot> createSnapshot(
            CapsuleId id, TeamId team, TemplateId template, Duration limit) {
        orders.add("snapshot");
        whileMaking.run();
        return made;
    }

    @Override
    public HostAnswer<Long> flatten(
            CapsuleId id, TeamId team, TemplateId template, Duration limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostAnswer<Nothing> fetchTemplate(
            TeamId team, TemplateId template, String outline, Duration limit) {
        orders.add("fetch " + outline);
        return fetched;
    }

    @Override
    public HostAnswer<Nothing> deleteSnapshot(TeamId team, TemplateId template, Duration limit) {
        orders.add("remove");
        return removed;
    }

    @Override
    public HostAnswer<HostList> list(ListSum known, Duration limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostFiles files() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostMetrics metrics() {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostImages images() {
        if (images == null) throw new UnsupportedOperationException();
        return images;
    }

    @Override
    public HostAnswer<Nothing> ping(CapsuleId id, Duration limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostAnswer<ExecResult> exec(CapsuleId id, Command command) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ExecSession stream(CapsuleId id, Command command) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostAnswer<Started> startBackground(CapsuleId id, Command command, String tag) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostAnswer<List<GuestProcess>> processes(CapsuleId id) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostAnswer<Nothing> kill(CapsuleId id, ProcessId process, ExecSession.Signal signal) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ExecSession follow(CapsuleId id, ProcessId process) {
        throw new UnsupportedOperationException();
    }

    @Override
    public TerminalSession openTerminal(CapsuleId id, TerminalStart start) {
        throw new UnsupportedOperationException();
    }

    @Override
    public TerminalSession reopenTerminal(CapsuleId id, String tag) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostAnswer<HostAnswer.Nothing> terminate(Duration limit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public HostAnswer<HostReport> report(Duration limit) {
        throw new UnsupportedOperationException();
    }
}
