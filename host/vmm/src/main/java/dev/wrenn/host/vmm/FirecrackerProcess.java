package dev.wrenn.host.vmm;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.ExitStatus;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.linux.Poll;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.linux.ProcName;
import dev.wrenn.host.linux.ProcStat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/// One Firecracker. A platform thread reads its pipes and waits for its end. One that does not
/// answer a request in time is ended: nobody could stop, save or end its VM any more.
final class FirecrackerProcess implements VmProcess {
    private static final Logger LOGGER = LoggerFactory.getLogger(FirecrackerProcess.class);

    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final Duration ENDING = Duration.ofSeconds(1);
    private static final Duration LOOK = Duration.ofSeconds(5); // how soon a detach is noticed
    private static final Duration FIRST_POLL = Duration.ofMillis(2);
    private static final long SAVED_PER_SECOND = 64L << 20; // a slow disk, with fsync(2)
    private static final int WRITE_NEW = Posix.O_WRONLY | Posix.O_CREAT | Posix.O_TRUNC;
    private static final int STDERR_BYTES = 4 << 10;
    private static final int CAUSE_CHARS = 400;

    private volatile VmRecord record; // only its directory ever changes
    private final Pidfd pidfd;
    private final FirecrackerApi api;
    private final FirecrackerPipes pipes;
    private final Cgroups cgroups;
    private final Duration limit;
    private final CompletableFuture<Exit> exit = new CompletableFuture<>();
    private volatile @Nullable GuestRam ram;
    private volatile String template = "";
    private volatile boolean killed;
    private volatile boolean detached;
    private volatile @Nullable String silence;
    private boolean diff; // what the file of memory has; only between a pause and a resume

    private FirecrackerProcess(
            VmRecord record,
            Pidfd pidfd,
            FirecrackerApi api,
            FirecrackerPipes pipes,
            Cgroups cgroups,
            Duration limit) {
        this.record = record;
        this.pidfd = pidfd;
        this.api = api;
        this.pipes = pipes;
        this.cgroups = cgroups;
        this.limit = limit;
    }

    /// Watches a process; `pidfd` and `pipes` are taken over.
    static FirecrackerProcess watch(
            VmRecord record,
            Pidfd pidfd,
            FirecrackerApi api,
            FirecrackerPipes pipes,
            Cgroups cgroups,
            Duration limit) {
        var process = new FirecrackerProcess(record, pidfd, api, pipes, cgroups, limit);
        Thread.ofPlatform().daemon().name("vm " + record.pid()).start(process::awaitEnd);
        return process;
    }

    /// Waits until a process just started answers.
    ///
    /// @throws VmmException when it does not within the limit, or has ended
    FirecrackerRequest.InstanceInfo awaitUp(Duration start) {
        var deadline = Deadline.after(start);
        while (true) {
            try {
                return ask(() -> api.describe(limit));
            } catch (VmmException e) {
                // its socket appears when it is ready, and nobody tells
                if (exit.isDone() || silence != null) throw e;
                if (deadline.passed())
                    throw new VmmException("Firecracker does not answer within " + start, e);
                LockSupport.parkNanos(FIRST_POLL.toNanos());
            }
        }
    }

    /// Something to ask of the API.
    private interface Question<T> {
        T ask() throws FirecrackerApi.SilentException;
    }

    private <T> T ask(Question<T> question) {
        var before = silence;
        if (before != null) throw new VmmException(before);
        try {
            return question.ask();
        } catch (FirecrackerApi.SilentException e) {
            var words = String.valueOf(e.getMessage());
            silence = words + ": killed";
            signalEnd();
            throw new VmmException(words, e);
        }
    }

    /// Sends one request.
    void send(FirecrackerRequest request) {
        send(request, limit);
    }

    /// Sends one request that takes longer.
    void send(FirecrackerRequest request, Duration limit) {
        ask(() -> {
            api.send(request, limit);
            return true;
        });
    }

    /// Sets who the guest is.
    void identify(String id, String template) {
        this.template = template;
        send(new FirecrackerRequest.Mmds(id, template));
    }

    /// Remembers how much memory the guest has.
    void has(long memoryBytes) {
        ram = GuestRam.dumped(memoryBytes);
    }

    /// The newest metrics; missing before the first.
    JsonNode metrics() {
        return pipes.metrics();
    }

    /// A limit for what touches the whole memory.
    Duration limitFor(long memoryBytes) {
        return limit.plusMillis(1000 * memoryBytes / SAVED_PER_SECOND);
    }

    /// Ends the process after a failure.
    ///
    /// @return the failure, with how it ended when it had ended by itself
    RuntimeException ended(RuntimeException failure) {
        boolean byItself = silence == null && endsWithin(ENDING);
        kill();
        if (!byItself) return failure;
        return new VmmException("the VMM ended at once: " + exit.resultNow().cause(), failure);
    }

    private boolean endsWithin(Duration limit) {
        try {
            exit.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new AssertionError(e); // never completed with a failure
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return !isAlive();
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
            ProcName.replace(before.pid(), FirecrackerJail.NAME, id.toString());
        } catch (IOException e) { // people find it by its record all the same
            LOGGER.atWarn().addKeyValue("pid", before.pid()).setCause(e).log("VMM keeps its name");
        }
        identify(id.toString(), template);
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
        send(FirecrackerRequest.Vm.PAUSED);
    }

    @Override
    public void resume() {
        send(FirecrackerRequest.Vm.RESUMED);
    }

    @Override
    public Optional<GuestRam> ram() {
        if (!isAlive()) return Optional.empty();
        var known = ram;
        if (known == null) {
            has(ask(() -> api.machine(limit)).memSizeMib() << 20);
            known = ram;
        }
        return Optional.ofNullable(known);
    }

    private long memoryBytes() {
        return ram().orElseThrow(() -> new VmmException("the VM has ended")).size();
    }

    private FirecrackerFiles files() {
        return new FirecrackerFiles(Path.of(record.workDir()));
    }

    /// Firecracker writes state and memory together; of the memory what was written since the last
    /// save.
    @Override
    public void saveDeviceState(Path file) {
        create("Diff");
        diff = true;
        var state = files().state();
        try (var target = Posix.open(file, WRITE_NEW, 0600)) {
            Posix.write(target, Files.readAllBytes(state));
        } catch (ErrnoException | IOException e) {
            throw new VmmException("state of process " + record.pid() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public Optional<Path> dump(boolean all) {
        if (all && diff) {
            create("Full");
            diff = false;
        }
        return Optional.of(files().memory());
    }

    /// Pages that a file has of an earlier save are not of this one.
    private void create(String type) {
        try (var memory = Posix.open(files().memory(), Posix.O_WRONLY)) {
            Posix.truncate(memory, 0);
        } catch (ErrnoException e) {
            throw new VmmException("memory of process " + record.pid() + ": " + e.getMessage(), e);
        }
        send(
                new FirecrackerRequest.SnapshotCreate(
                        type,
                        FirecrackerFiles.STATE.toString(),
                        FirecrackerFiles.MEMORY.toString()),
                limitFor(memoryBytes()));
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
        if (!endsWithin(KILL_LIMIT) && !Thread.currentThread().isInterrupted())
            throw new VmmException(
                    "process " + record.pid() + " is still there " + KILL_LIMIT + " after SIGKILL");
    }

    /// Ctrl, Alt and Del: the guest's first process decides, and a guest that restarts has ended.
    @Override
    public void stop(Duration limit) {
        if (exit.isDone() || detached) return;
        try {
            send(FirecrackerRequest.Action.CTRL_ALT_DEL);
            if (endsWithin(limit)) return;
        } catch (VmmException e) {
            LOGGER.atDebug().addKeyValue("pid", record.pid()).setCause(e).log("not asked to end");
            // a guest may end before the answer is there
            if (silence == null && endsWithin(ENDING)) return;
        }
        kill();
    }

    @Override
    public String consoleTail() {
        return pipes.console();
    }

    @Override
    public String stderrTail() {
        var words = Tail.ofFile(files().messages(), STDERR_BYTES) + pipes.log();
        return words.substring(Math.max(0, words.length() - STDERR_BYTES));
    }

    @Override
    public void detach() {
        detached = true;
    }

    private void signalEnd() {
        synchronized (pidfd) { // not while the watching thread closes it
            if (!exit.isDone()) pidfd.signal(Pidfd.SIGKILL);
        }
    }

    /// Body of the watching thread.
    private void awaitEnd() {
        var fds = new ArrayList<Fd>(List.of(pidfd.fd()));
        fds.addAll(pipes.fds());
        boolean running = true;
        while (running) {
            var ready = Poll.readable(fds, LOOK);
            if (detached) { // what is there is for the next life
                pipes.close();
                pidfd.close();
                return;
            }
            for (int i = 1; i < ready.size(); i++) if (ready.get(i)) pipes.read(i - 1);
            // its last words are read before its end counts
            running = !ready.getFirst() || ready.subList(1, ready.size()).contains(true);
        }
        var status = pidfd.reap();
        var how = end(status);
        cgroups.remove(record.uid());
        takeBack();
        pipes.close();
        synchronized (pidfd) {
            pidfd.close(); // whoever waits for the end finds it closed
            exit.complete(how);
        }
        LOGGER.atInfo()
                .addKeyValue("pid", record.pid())
                .addKeyValue("cause", how.cause())
                .log("VM ended");
    }

    /// The disk may be an image's by now, and the next VM with this user id is another one.
    private void takeBack() {
        var disk = Path.of(record.workDir(), FirecrackerVmm.DISK_FILE);
        try {
            if (Files.exists(disk)) FirecrackerFiles.give(disk, 0);
        } catch (IOException e) { // removed with the VM
            LOGGER.atDebug().addKeyValue("disk", disk).setCause(e).log("disk is left");
        }
    }

    private Exit end(Optional<ExitStatus> status) {
        if (killed && silence == null) return new Exit(Exit.Kind.ASKED, "ended on request");
        var silent = silence;
        if (silent != null) return new Exit(Exit.Kind.FAILED, silent);
        if (cgroups.ranOutOfMemory(record.uid()))
            return new Exit(
                    Exit.Kind.FAILED, "the VMM took more of the host's memory than it may: killed");
        var panic =
                consoleTail()
                        .lines()
                        .filter(line -> line.contains("Kernel panic"))
                        .reduce((_, last) -> last);
        if (panic.isPresent())
            return new Exit(Exit.Kind.GUEST, "the guest's kernel panicked: " + panic.get().strip());
        // a guest that restarts or powers off ends Firecracker, which is no failure of it
        if (status.isPresent() && status.get().equals(new ExitStatus.Exited(0)))
            return new Exit(Exit.Kind.GUEST, "the guest shut down");
        var how = status.map(s -> "Firecracker ended with " + s).orElse("Firecracker ended");
        if (metrics().path("seccomp").path("num_faults").asLong(0) > 0)
            how += ", its system call filter refused a call";
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
