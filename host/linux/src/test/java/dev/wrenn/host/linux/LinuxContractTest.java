package dev.wrenn.host.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Against the running kernel; needs no privilege.
class LinuxContractTest {
    private static final Path NULL = Path.of("/dev/null");

    @TempDir Path dir;

    private record Finished(ExitStatus status, String output) {}

    private static Finished run(Map<String, String> environment, String... argv) {
        try (var nothing = Posix.open(NULL, Posix.O_RDWR);
                var pipe = Posix.pipe()) {
            var child = Spawn.start(List.of(argv), environment, three(nothing, pipe.writer()));
            pipe.writer().close();
            var output = new StringBuilder();
            var buffer = new byte[4096];
            for (int n; (n = Posix.read(pipe.reader(), buffer)) > 0; )
                output.append(new String(buffer, 0, n, UTF_8));
            try (var pidfd = child.pidfd()) {
                pidfd.awaitExit();
                return new Finished(pidfd.reap().orElseThrow(), output.toString());
            }
        }
    }

    private static List<Fd> three(Fd input, Fd output) {
        return List.of(input, output, output);
    }

    @Test
    void pipesWithNamesAreWaitedForTogether() {
        var first = dir.resolve("first");
        var second = dir.resolve("second");
        Posix.mkfifo(first, 0600);
        Posix.mkfifo(second, 0600);
        assertThatThrownBy(() -> Posix.mkfifo(first, 0600)).isInstanceOf(ErrnoException.class);
        int flags = Posix.O_RDWR | Posix.O_NONBLOCK;
        try (var one = Posix.open(first, flags);
                var other = Posix.open(second, flags)) {
            var both = List.of(one, other);
            var soon = java.time.Duration.ZERO;
            assertThat(Poll.readable(both, soon)).containsExactly(false, false);
            Posix.write(other, "words".getBytes(UTF_8));
            assertThat(Poll.readable(both, java.time.Duration.ofSeconds(10)))
                    .containsExactly(false, true);
            var buffer = new byte[16];
            assertThat(Posix.read(other, buffer)).isEqualTo(5);
            assertThat(Poll.readable(both, soon)).containsExactly(false, false);
        }
    }

    /// Of a child that has just been started: execve(2) lets its parent go on when the old program
    /// is gone, before it has closed descriptors and laid out the environment of the new one.
    private static String environment(Path proc) throws Exception {
        long end = System.nanoTime() + java.time.Duration.ofSeconds(10).toNanos();
        while (true) {
            var text = Files.readString(proc.resolve("environ"));
            if (!text.isEmpty() || System.nanoTime() > end) return text;
            Thread.onSpinWait();
        }
    }

    @Test
    void aChildHasOnlyWhatItWasGiven() throws Exception {
        // descriptors without close-on-exec: our own copies of one, made by a shell's inheritance
        // rules
        try (var nothing = Posix.open(NULL, Posix.O_RDWR);
                var extra = Posix.open(Files.createFile(dir.resolve("extra")), Posix.O_RDWR);
                var sleeping = Posix.pipe()) {
            var fds = List.of(sleeping.reader(), nothing, nothing, extra);
            var child = Spawn.start(List.of("cat"), Map.of("ONLY", "this"), fds);
            try (var pidfd = child.pidfd()) {
                var proc = Path.of("/proc", Integer.toString(child.pid()));
                assertThat(environment(proc)).isEqualTo("ONLY=this\0");
                var open = new ArrayList<String>();
                try (var list = Files.list(proc.resolve("fd"))) {
                    list.forEach(fd -> open.add(fd.getFileName().toString()));
                }
                assertThat(open).containsExactlyInAnyOrder("0", "1", "2", "3");
                assertThat(Files.readSymbolicLink(proc.resolve("fd/3")))
                        .isEqualTo(dir.resolve("extra"));
                var status = Files.readString(proc.resolve("status"));
                assertThat(status).contains("SigBlk:\t0000000000000000");
                // 32 and 33 are glibc's own: posix_spawn(3) leaves them ignored
                assertThat(status).contains("SigIgn:\t0000000180000000");
                var stat = ProcStat.read(child.pid()).orElseThrow();
                assertThat(stat.comm()).isEqualTo("cat");
                assertThat(stat.parent()).isEqualTo((int) ProcessHandle.current().pid());
                assertThat(pidfd.isAlive()).isTrue();
                assertThat(pidfd.reap()).isEmpty();
                pidfd.signal(Pidfd.SIGKILL);
                pidfd.awaitExit();
                assertThat(pidfd.reap()).contains(new ExitStatus.Signaled(9));
                assertThat(pidfd.signal(Pidfd.SIGTERM)).isFalse();
                assertThat(pidfd.isAlive()).isFalse();
            }
        }
    }

    @Test
    void aChildReportsOutputAndCode() {
        var path = Map.of("PATH", "/usr/bin:/bin");
        var finished = run(path, "sh", "-c", "echo $0; exit 7", "word");
        assertThat(finished).isEqualTo(new Finished(new ExitStatus.Exited(7), "word\n"));
        // a session of its own
        var ids =
                run(path, "sh", "-c", "echo $$; cut -d' ' -f6 /proc/$$/stat").output().split("\n");
        assertThat(ids[0]).isEqualTo(ids[1]);
    }

    @Test
    void aMissingProgramIsSaid() {
        assertThatThrownBy(() -> run(Map.of(), "no-such-program-here"))
                .isInstanceOf(ErrnoException.class)
                .hasMessageContaining("no-such-program-here")
                .hasMessageContaining("no such file");
    }

    @Test
    void manyChildrenAtOnceKeepTheirDescriptorsApart() throws Exception {
        var threads = new ArrayList<Thread>();
        var wrong = java.util.Collections.synchronizedList(new ArrayList<String>());
        for (int i = 0; i < 16; i++) {
            var word = "w" + i;
            threads.add(
                    Thread.ofPlatform()
                            .start(() -> {
                                var output = run(Map.of(), "/bin/echo", word).output();
                                if (!output.equals(word + "\n")) wrong.add(output);
                            }));
        }
        for (var thread : threads) thread.join();
        assertThat(wrong).isEmpty();
    }

    @Test
    void descriptorsTravelOverSockets() throws Exception {
        var file = Files.writeString(dir.resolve("file"), "through a socket");
        try (var pair = UnixSockets.pair();
                var fd = Posix.open(file, Posix.O_RDONLY)) {
            UnixSockets.send(pair.left(), "hello".getBytes(UTF_8), List.of(fd, fd));
            var message = UnixSockets.receive(pair.right(), 100, 4);
            assertThat(message.bytes()).isEqualTo("hello".getBytes(UTF_8));
            assertThat(message.fds()).hasSize(2);
            var content = new byte[100];
            int length = Posix.read(message.fds().get(1), content);
            assertThat(new String(content, 0, length, UTF_8)).isEqualTo("through a socket");
            message.fds().forEach(Fd::close);
            pair.left().close();
            assertThat(UnixSockets.receive(pair.right(), 10, 0).bytes()).isEmpty();
        }
    }

    @Test
    void moreDescriptorsThanExpectedAreClosed() {
        try (var pair = UnixSockets.pair();
                var nothing = Posix.open(NULL, Posix.O_RDONLY)) {
            var many = java.util.Collections.nCopies(5, nothing);
            UnixSockets.send(pair.left(), new byte[] {1}, many);
            assertThatThrownBy(() -> UnixSockets.receive(pair.right(), 1, 2))
                    .hasMessageContaining("more than 2");
        }
    }

    @Test
    void aSocketFileIsPrivateAndItsPathMayBeLong() throws Exception {
        var deep = Files.createDirectories(dir.resolve("d".repeat(120)).resolve("e".repeat(60)));
        var path = deep.resolve("s.sock");
        try (var listener = UnixSockets.listen(path, 0600);
                var client = UnixSockets.connect(path)) {
            assertThat(listener.isOpen() && client.isOpen()).isTrue();
            assertThat(Files.getPosixFilePermissions(path))
                    .isEqualTo(PosixFilePermissions.fromString("rw-------"));
        }
        assertThatThrownBy(() -> UnixSockets.connect(path))
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        e -> assertThat(e.errno()).isEqualTo(ErrnoException.ECONNREFUSED));
    }

    @Test
    void findsDataAndHoles() {
        var file = dir.resolve("sparse");
        try (var fd = Posix.open(file, Posix.O_RDWR | Posix.O_CREAT, 0600)) {
            Posix.truncate(fd, 4 << 20);
            assertThat(Posix.nextData(fd, 0)).isEmpty();
            assertThat(Posix.nextHole(fd, 0)).hasValue(0);
            Posix.write(fd, new byte[] {1, 2, 3});
            Posix.syncData(fd);
            assertThat(Posix.nextData(fd, 0)).hasValue(0);
            assertThat(Posix.nextHole(fd, 0).orElseThrow()).isPositive();
            try (var copy = Posix.open(dir.resolve("copy"), Posix.O_RDWR | Posix.O_CREAT, 0600)) {
                Posix.copyRange(fd, copy, 0, 3);
                var bytes = new byte[10];
                assertThat(Posix.read(copy, bytes)).isEqualTo(3);
                assertThat(bytes).startsWith(1, 2, 3);
            }
        }
    }

    @Test
    void aClosedDescriptorIsNotUsedAgain() {
        var fd = Posix.open(NULL, Posix.O_RDONLY);
        fd.close();
        fd.close();
        assertThatThrownBy(fd::number).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void theCounterRunsAtItsFrequency() {
        long measured = TscFrequency.measure();
        assertThat(TscFrequency.kHz()).isBetween(measured * 999 / 1000, measured * 1001 / 1000);
        assertThat(measured).isBetween(500_000L, 10_000_000L);
    }

    @Test
    void aProcessThatIsGoneHasNoFigures() {
        int none = Integer.MAX_VALUE; // above the largest pid
        assertThat(ProcStat.read(none)).isEmpty();
        assertThat(ProcStat.uid(none)).isEmpty();
        assertThatThrownBy(() -> Pidfd.open(none))
                .isInstanceOfSatisfying(
                        ErrnoException.class,
                        e ->
                                assertThat(e.errno())
                                        .isIn(ErrnoException.ESRCH, ErrnoException.EINVAL));
        int self = (int) ProcessHandle.current().pid();
        assertThat(ProcStat.uid(self)).isPresent();
        assertThat(ProcStat.executable(self).orElseThrow().toString()).endsWith("/java");
        assertThat(Mounts.at(Path.of("/proc")).orElseThrow().type()).isEqualTo("proc");
        assertThat(Mounts.at(dir)).isEmpty();
    }

    @Test
    void aCommandIsGivenInputAndALimit() throws Exception {
        var limit = java.time.Duration.ofSeconds(10);
        assertThat(Command.run(limit, "in", List.of("cat"))).isEqualTo(new Command.Result(0, "in"));
        assertThat(Command.run(limit, "", List.of("ls", "/none")).ok()).isFalse();
        // one that does not read all of its input has still done its work
        assertThat(Command.run(limit, "x".repeat(1 << 20), List.of("true")).ok()).isTrue();
        assertThatThrownBy(() ->
                        Command.run(
                                java.time.Duration.ofMillis(50),
                                "",
                                List.of("tail", "-f", "/dev/null")))
                .isInstanceOf(java.io.IOException.class)
                .hasMessageContaining("not done in");
    }
}
