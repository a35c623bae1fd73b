package dev.wrenn.host.vmm;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.ExitStatus;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.linux.Poll;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.ProcName;
import dev.wrenn.host.linux.ProcStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// One QEMU. A platform thread waits for its end; a virtual thread reads the control connection.
final class QemuProcess implements VmProcess {
    private static final Logger LOG = LoggerFactory.getLogger(QemuProcess.class);

    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final Duration ENDING = Duration.ofSeconds(1);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LOOK = Duration.ofSeconds(5); // how soon a detach is noticed
    private static final Duration LOAD_POLL = Duration.ofNanos(300_000);
    private static final int WRITE_NEW = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_TRUNC;
    private static final String STATE = "state.tmp";
    private static final int STDERR_BYTES = 4 << 10;
    private static final int CAUSE_CHARS = 400;
    private static final Pattern HOST_ADDRESS = Pattern.compile("is 0x([0-9a-f]+)");

    private volatile VmRecord record; // only its directory ever changes
    private final Pidfd pidfd;
    private final Duration limit;
    private final Cgroups cgroups;
    private final Tail console = new Tail(QemuCommand.CONSOLE_BYTES);
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private volatile @Nullable Qmp qmp;
    private volatile @Nullable GuestRam ram;
    private volatile boolean killed;
    private volatile boolean detached;
    private volatile @Nullable String guestEnd;

    private QemuProcess(VmRecord record, Pidfd pidfd, Duration limit, Cgroups cgroups) {
        this.record = record;
        this.pidfd = pidfd;
        this.limit = limit;
        this.cgroups = cgroups;
    }

    /// Watches a process just started and connects to it; `pidfd` is taken over.
    ///
    /// @param start limit for the first answer
    /// @throws VmmException when it does not answer; the process is killed then
    static QemuProcess started(
            VmRecord record, Pidfd pidfd, Duration start, Duration limit, Cgroups cgroups) {
        var process = watch(record, pidfd, limit, cgroups);
        try {
            process.connect(start);
            return process;
        } catch (RuntimeException e) {
            throw process.ended(e);
        }
    }

    /// Ends the process after a failure.
    ///
    /// @return the failure, with QEMU's last words when it had ended by itself
    private RuntimeException ended(RuntimeException failure) {
        boolean byItself = endsWithin(ENDING);
        kill();
        return byItself ? new VmmException("QEMU ended at once: " + lastWords(), failure) : failure;
    }

    /// Loads the inherited device state into a QEMU started for it; the VM is paused then.
    ///
    /// @param memory what the VM must have
    /// @throws VmmException with QEMU's words; the process is killed then
    void load(MemorySize memory) {
        try {
            var found = RamReport.read(workDir());
            if (found.isEmpty() || found.get().size() != memory.bytes())
                throw new VmmException("the VM does not have its saved memory: " + lastWords());
            ram = found.get();
            var connection = control();
            connection.execute("migrate-incoming", Map.of("uri", "fd:" + QemuCommand.DEVICE_STATE));
            var deadline = Deadline.after(limit);
            var status = "inmigrate";
            while (status.equals("inmigrate")) { // one or two rounds for some 20 KiB
                if (deadline.passed()) throw new VmmException("state not loaded within " + limit);
                LockSupport.parkNanos(LOAD_POLL.toNanos());
                status = status(connection);
            }
            if (!status.equals("paused"))
                throw new VmmException("after its restore the VM is " + status);
        } catch (RuntimeException e) {
            throw ended(e);
        }
    }

    private static String status(Qmp connection) {
        return connection.execute("query-status", Map.of()).path("status").asString("");
    }

    private Path workDir() {
        return Path.of(record.workDir());
    }

    /// Watches a process that has run for a while; `pidfd` is taken over. One that is too busy to
    /// answer at once is no reason to lose it.
    static QemuProcess adopted(VmRecord record, Pidfd pidfd, Duration limit, Cgroups cgroups) {
        var process = watch(record, pidfd, limit, cgroups);
        try {
            process.connect(limit);
        } catch (VmmException e) {
            process.onLost();
        }
        return process;
    }

    private static QemuProcess watch(
            VmRecord record, Pidfd pidfd, Duration limit, Cgroups cgroups) {
        var process = new QemuProcess(record, pidfd, limit, cgroups);
        Thread.ofPlatform().daemon().name("vm " + record.pid()).start(process::awaitEnd);
        return process;
    }

    private void connect(Duration start) {
        var socket = Path.of(record.workDir(), QemuVmm.SOCKET);
        var connection = Qmp.connect(socket, start, limit, this::onEvent, this::onLost);
        qmp = connection;
        // it may have ended while nobody was connected
        switch (status(connection)) {
            case "shutdown" -> endGuest("the guest shut down");
            case "guest-panicked" -> endGuest("the guest panicked");
            case "internal-error" -> endGuest("the guest's processor failed");
            default -> {} // running, paused, prelaunch …
        }
    }

    /// The connection ended although nobody closed it: without one a guest's end would go
    /// unnoticed.
    private void onLost() {
        if (stillWatched())
            Thread.ofPlatform().daemon().name("qmp again").start(this::connectAgain);
    }

    private boolean stillWatched() {
        return !detached && !killed && alive();
    }

    private void connectAgain() {
        var backoff = new Backoff(FIRST_PAUSE, LOOK, new Random());
        while (stillWatched()) {
            try {
                connect(limit);
                return;
            } catch (VmmException e) {
                if (!stillWatched()) return;
                LOG.atWarn()
                        .addKeyValue("pid", record.pid())
                        .setCause(e)
                        .log("VM cannot be controlled at the moment");
            }
            try {
                Thread.sleep(backoff.next());
            } catch (InterruptedException e) {
                return; // nobody interrupts this thread but the end of the JVM
            }
        }
    }

    /// A process that ends closes its sockets first.
    private boolean endsWithin(Duration limit) {
        try {
            exit.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !alive();
        }
    }

    private boolean alive() {
        synchronized (pidfd) { // not while the watching thread closes it
            return !exit.isDone() && pidfd.isAlive();
        }
    }

    @Override
    public VmRecord record() {
        return record;
    }

    @Override
    public void assign(CapsuleId id, Path workDir) {
        var before = record;
        record = new VmRecord(before.pid(), before.startTime(), before.uid(), workDir.toString());
        try {
            ProcName.replace(before.pid(), QemuCommand.NAME, id.toString());
        } catch (IOException e) { // people find it by its record all the same
            LOG.atWarn().addKeyValue("pid", before.pid()).setCause(e).log("VMM keeps its name");
        }
    }

    @Override
    public boolean isAlive() {
        return !exit.isDone();
    }

    @Override
    public void yields(boolean now, int vcpus) {
        cgroups.yields(record.uid(), vcpus, now);
    }

    @Override
    public Optional<Usage> usage() {
        if (!isAlive()) return Optional.empty();
        return ProcStat.read(record.pid())
                .filter(stat -> stat.startTicks() == record.startTime())
                .map(stat -> new Usage(stat.cpu(), stat.residentBytes()));
    }

    @Override
    public void pause() {
        control().execute("stop", Map.of());
    }

    @Override
    public void resume() {
        control().execute("cont", Map.of());
    }

    @Override
    public Optional<GuestRam> ram() {
        if (!isAlive()) return Optional.empty();
        var known = ram;
        if (known == null) {
            known = RamReport.read(workDir()).orElseGet(this::askForRam);
            ram = known;
        }
        return Optional.of(known);
    }

    /// Without ramshim QEMU itself can tell; writes are not tracked then.
    private GuestRam askForRam() {
        var connection = control();
        var words =
                connection
                        .execute("human-monitor-command", Map.of("command-line", "gpa2hva 0x0"))
                        .asString("");
        var match = HOST_ADDRESS.matcher(words);
        if (!match.find()) throw new VmmException("QEMU does not tell where RAM is: " + words);
        long size =
                connection
                        .execute("query-memory-size-summary", Map.of())
                        .path("base-memory")
                        .asLong(0);
        return new GuestRam(Long.parseUnsignedLong(match.group(1), 16), size, false);
    }

    /// QEMU can go on holding what it was given to write to, and images are not its own: it gets a
    /// file of the VM's, which is copied and removed.
    @Override
    public void saveDeviceState(Path file) {
        var scratch = workDir().resolve(STATE);
        try {
            writeDeviceState(scratch);
            try (var target = Posix.open(file, WRITE_NEW, 0600)) {
                Posix.write(target, Files.readAllBytes(scratch));
            }
        } catch (ErrnoException | IOException e) {
            throw new VmmException("state of process " + record.pid() + ": " + e.getMessage(), e);
        } finally {
            try {
                Files.deleteIfExists(scratch);
            } catch (IOException e) { // replaced by the next save
                LOG.atWarn().addKeyValue("file", scratch).setCause(e).log("file is left");
            }
        }
    }

    private void writeDeviceState(Path file) {
        var connection = control();
        try (var target = Posix.open(file, WRITE_NEW, 0600)) {
            var set =
                    connection
                            .execute("add-fd", Map.of(), List.of(target))
                            .path("fdset-id")
                            .asInt();
            var end = Map.of("fdset-id", set);
            try {
                // live: the disk would be given up, and could not be taken again from its set
                connection.execute(
                        "xen-save-devices-state",
                        Map.of("filename", "/dev/fdset/" + set, "live", false));
            } catch (VmmException e) {
                try {
                    connection.execute("remove-fd", end);
                } catch (VmmException again) {
                    e.addSuppressed(again);
                }
                throw e;
            }
            connection.execute("remove-fd", end);
        }
    }

    @Override
    public void useFile(Path disk) {
        DiskSwitch.toFile(control(), disk);
    }

    /// The control connection, for whoever needs more than the port offers.
    Qmp control() {
        var current = qmp;
        if (current == null || !current.isOpen())
            throw new VmmException("no control connection to process " + record.pid());
        return current;
    }

    @Override
    public Exit awaitExit() throws InterruptedException {
        try {
            return exit.get();
        } catch (ExecutionException e) {
            throw new AssertionError(e); // never completed with a failure
        }
    }

    @Override
    public void onExit(Consumer<Exit> listener) {
        exit.thenAccept(
                how -> Thread.ofVirtual().name("vm exit").start(() -> listener.accept(how)));
    }

    @Override
    public void kill() {
        if (exit.isDone() || detached) return; // what we let go is not ours to end
        killed = true;
        signalEnd();
        try {
            exit.get(KILL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new VmmException(
                    "process " + record.pid() + " is still there " + KILL_LIMIT + " after SIGKILL",
                    e);
        } catch (ExecutionException e) {
            throw new AssertionError(e); // never completed with a failure
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // SIGKILL is on its way all the same
        }
    }

    @Override
    public String consoleTail() {
        var current = qmp;
        if (current == null || !current.isOpen()) return "";
        try {
            // reading empties QEMU's buffer, so ours is the only copy
            var read =
                    current.execute(
                            "ringbuf-read",
                            Map.of(
                                    "device",
                                    QemuCommand.CONSOLE,
                                    "size",
                                    QemuCommand.CONSOLE_BYTES));
            return console.append(read.asString(""));
        } catch (VmmException e) {
            return console.append("");
        }
    }

    @Override
    public String stderrTail() {
        return Tail.ofFile(Path.of(record.workDir(), QemuVmm.MESSAGES), STDERR_BYTES);
    }

    @Override
    public void detach() {
        detached = true;
        var current = qmp;
        if (current != null) current.close();
    }

    private void onEvent(JsonNode event) {
        if (!event.path("event").asString("").equals("SHUTDOWN")) return;
        var reason = event.path("data").path("reason").asString("");
        var words =
                switch (reason) {
                    case "guest-shutdown" -> "the guest shut down";
                    case "guest-reset" -> "the guest rebooted";
                    case "guest-panic" -> "the guest panicked";
                    case "host-signal" -> "QEMU was asked to end by a signal";
                    default -> "QEMU ended: " + reason;
                };
        Thread.ofVirtual().name("vm end").start(() -> endGuest(words));
    }

    /// The guest has ended and QEMU waits: keep what the console says, then end QEMU.
    private void endGuest(String words) {
        var panic =
                consoleTail()
                        .lines()
                        .filter(line -> line.contains("Kernel panic"))
                        .reduce((_, last) -> last);
        guestEnd = panic.map(line -> "the guest's kernel panicked: " + line.strip()).orElse(words);
        signalEnd();
    }

    private void signalEnd() {
        synchronized (pidfd) { // not while the watching thread closes it
            if (!exit.isDone()) pidfd.signal(Pidfd.SIGKILL);
        }
    }

    /// Body of the watching thread.
    private void awaitEnd() {
        while (!Poll.readable(pidfd.fd(), LOOK)) {
            if (!detached) continue;
            pidfd.close();
            return;
        }
        var status = pidfd.reap();
        var how = end(status);
        cgroups.remove(record.uid());
        var current = qmp;
        if (current != null) current.close();
        synchronized (pidfd) {
            pidfd.close(); // whoever waits for the end finds it closed
            exit.complete(how);
        }
        LOG.atInfo()
                .addKeyValue("pid", record.pid())
                .addKeyValue("cause", how.cause())
                .log("VM ended");
    }

    private Exit end(Optional<ExitStatus> status) {
        if (killed) return new Exit(Exit.Kind.ASKED, "ended on request");
        var guest = guestEnd;
        if (guest != null) return new Exit(Exit.Kind.GUEST, guest);
        if (cgroups.ranOutOfMemory(record.uid()))
            return new Exit(
                    Exit.Kind.FAILED, "the VMM took more of the host's memory than it may: killed");
        var how = status.map(s -> "QEMU ended with " + s).orElse("QEMU ended");
        var words = lastWords();
        return new Exit(Exit.Kind.FAILED, words.isEmpty() ? how : how + ": " + words);
    }

    private String lastWords() {
        var words = stderrTail().strip();
        return words.length() <= CAUSE_CHARS
                ? words
                : "…" + words.substring(words.length() - CAUSE_CHARS);
    }
}
