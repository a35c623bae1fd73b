package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

/// Files (spec 07), in one capsule. The size of the big file: `-Dwrenn.test.bigfile=BYTES`.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FilesVmTest {
    private static final int MIB = 1 << 20;
    private static final long BIG = Long.getLong("wrenn.test.bigfile", 256L * MIB);
    private static final long GROWTH = 64L * MIB;
    private static final Duration SOON = Duration.ofSeconds(30);

    private final Installation wrenn;
    private final Api api;
    private String id = "";
    private Transfers files;

    FilesVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
        this.files = new Transfers(api, id);
    }

    @BeforeAll
    void create() {
        id = api.create();
        files = new Transfers(api, id);
    }

    @AfterAll
    void destroy() {
        api.destroy(id);
    }

    private String written(String name, String path, long size) {
        var sent = Transfers.sha256();
        assertThat(files.write(name, path, Transfers.noise(size, sent)).status()).isEqualTo(204);
        return Transfers.hex(sent);
    }

    private void checkRead(String name, String path, long size, String hash) {
        var got = Transfers.sha256();
        assertThat(files.read(name, path, got)).isEqualTo(size);
        assertThat(Transfers.hex(got)).isEqualTo(hash);
    }

    @Test
    void wholeFilesOfAnySizeUpTo100MibComeBack() {
        for (long size : List.of(0L, 1L, 3L * MIB, 99L * MIB)) {
            var path = "/root/whole/new/" + size;
            var hash = written("write", path, size);
            checkRead("read", path, size, hash);
            assertThat(api.output(id, "sha256sum <" + path)).startsWith(hash);
            assertThat(files.ask("stat", path).expect(200).json().at("/entry/size").asLong(-1))
                    .isEqualTo(size);
        }
        var large =
                files.write(
                        "write", "/root/large", Transfers.noise(101L * MIB, Transfers.sha256()));
        assertThat(large).isEqualTo(new Transfers.Outcome(413, "too_large"));
        files.ask("stat", "/root/large").error(404, "not_found");
        api.output(id, "truncate -s 101M /root/sparse");
        files.ask("read", "/root/sparse").error(413, "too_large");
        api.output(id, "rm -r /root/whole /root/sparse");
    }

    @Test
    void aBigFileGoesBothWaysInLittleMemory() throws Exception {
        written("stream/write", "/root/warm", 32L * MIB); // buffers, compiled code
        checkSizeOnly("/root/warm", 32L * MIB);
        var control = Peak.of(wrenn.part("control"));
        var agent = Peak.of(wrenn.part("agent"));
        long start = System.nanoTime();
        var hash = written("stream/write", "/root/big", BIG);
        long middle = System.nanoTime();
        assertThat(api.output(id, "stat -c %s /root/big").strip()).isEqualTo(Long.toString(BIG));
        long again = System.nanoTime();
        checkRead("stream/read", "/root/big", BIG, hash);
        long end = System.nanoTime();
        System.out.printf(
                "%d MiB: up %.1f s, down %.1f s; growth: control %d MiB, agent %d MiB%n",
                BIG / MIB,
                (middle - start) / 1e9,
                (end - again) / 1e9,
                control.growth() / MIB,
                agent.growth() / MIB);
        assertThat(control.growth()).as("control").isLessThanOrEqualTo(GROWTH);
        assertThat(agent.growth()).as("agent").isLessThanOrEqualTo(GROWTH);
        api.output(id, "rm /root/warm /root/big");
    }

    private void checkSizeOnly(String path, long size) {
        assertThat(files.read("stream/read", path, Transfers.sha256())).isEqualTo(size);
    }

    @Test
    void aClientThatLeavesLeavesNothing() throws Exception {
        api.output(id, "mkdir /root/up");
        written("write", "/root/up/old", 5);
        for (var name : List.of("old", "new")) {
            try (var socket = new Socket(api.base().getHost(), api.base().getPort())) {
                var head =
                        "POST "
                                + files.route("stream/write")
                                + " HTTP/1.1\r\nHost: x\r\nX-API-Key: "
                                + api.key()
                                + "\r\nContent-Type: "
                                + Transfers.contentType()
                                + "\r\nContent-Length: 100000000\r\n\r\n"
                                + Transfers.head("/root/up/" + name)
                                + "x".repeat(4 * MIB);
                socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
                // It is there under another name until it is whole.
                Eventually.within(
                        SOON,
                        () ->
                                assertThat(api.output(id, "ls -A /root/up | grep -c wrenn").strip())
                                        .isEqualTo("1"));
            }
            Eventually.within(
                    SOON, () -> assertThat(api.output(id, "ls -A /root/up")).isEqualTo("old\n"));
        }
        assertThat(api.output(id, "stat -c %s /root/up/old")).isEqualTo("5\n");
    }

    @Test
    void aFullDiskIs507AndLeavesNothing() {
        api.output(id, "mkdir /mnt/small; mount -t tmpfs -o size=8m none /mnt/small");
        for (var name : List.of("write", "stream/write")) {
            var noise = Transfers.noise(20L * MIB, Transfers.sha256());
            assertThat(files.write(name, "/mnt/small/f", noise))
                    .isEqualTo(new Transfers.Outcome(507, "insufficient_storage"));
        }
        assertThat(api.output(id, "ls -A /mnt/small")).isEmpty();
        written("write", "/mnt/small/f", 4L * MIB); // and room again
        api.output(id, "umount /mnt/small");
    }

    @Test
    void mistakesHaveTheirCodes() {
        for (var name : List.of("read", "stream/read", "archive/read", "list", "stat", "remove"))
            files.ask(name, "/no/such").error(404, "not_found");
        files.ask("read", "/etc").error(400, "invalid_request");
        files.ask("stream/read", "/etc").error(400, "invalid_request");
        files.ask("list", "/etc/passwd").error(400, "invalid_request");
        files.ask("archive/read", "/etc/passwd").error(400, "invalid_request");
        files.ask("mkdir", "/etc").error(409, "conflict");
        files.ask("mkdir", "/etc/passwd").error(400, "invalid_request");
        files.ask("remove", "/").error(400, "invalid_request");
        files.ask("remove", "/proc").error(400, "invalid_request");
        files.ask("read", "/a\0b").error(400, "invalid_request");
        files.ask("read", "").error(400, "invalid_request");
        files.ask("read", "/" + "ä/".repeat(1300)).error(404, "not_found");
        assertThat(files.write("write", "/etc", Transfers.bytes("x")).status()).isIn(400, 409);
        assertThat(files.write("write", "/etc/passwd/x", Transfers.bytes("x")).code())
                .isEqualTo("invalid_request");
        assertThat(files.unpack("/root/t", Transfers.bytes("no tar")).code())
                .isEqualTo("invalid_request");
    }

    @Test
    void namesLinksAndDevicesAreListed() {
        var name = "grüße, 世界 'n \"q\" \\ +%20&?";
        written("write", "/root/l/" + name, 3);
        api.output(
                id,
                "cd /root/l; chmod 640 gr*; touch -d @1700000000 gr*; mkdir sub; touch sub/x;"
                        + " ln -s /nowhere dangling; ln -s sub there; ln -s gr* file; mkfifo pipe");
        var listed = files.ask("list", "/root/l").expect(200).json().path("entries");
        assertThat(listed)
                .extracting(e -> e.path("name").asString() + " " + e.path("type").asString())
                .containsExactly(
                        "dangling symlink",
                        "file file",
                        name + " file",
                        "pipe file",
                        "sub directory",
                        "there directory");
        assertThat(listed.get(0).path("symlink_target").asString()).isEqualTo("/nowhere");
        assertThat(listed.get(2).has("symlink_target")).isFalse();
        assertThat(listed.get(2).path("mode").asInt()).isEqualTo(0640);
        assertThat(listed.get(2).path("permissions").asString()).isEqualTo("-rw-r-----");
        assertThat(listed.get(2).path("owner").asString()).isEqualTo("root");
        assertThat(listed.get(2).path("modified_at").asLong()).isEqualTo(1_700_000_000);
        var deep = api.post(files.route("list"), "{\"path\":\"/root/l\",\"depth\":2}").expect(200);
        assertThat(deep.json().path("entries").size()).isEqualTo(7);
        checkSizeOnly("/root/l/" + name, 3);
        for (var entry : files.ask("list", "/dev").expect(200).json().path("entries"))
            assertThat(entry.path("type").asString()).isIn("file", "directory", "symlink");
        files.ask("mkdir", "/root/l/empty/er").expect(200);
        assertThat(files.ask("list", "/root/l/empty/er").json().toString())
                .isEqualTo("{\"entries\":[]}");

        var rename =
                JsonMapper.shared()
                        .createObjectNode()
                        .put("source", "/root/l/" + name)
                        .put("destination", "/root/l/b/c");
        assertThat(
                        api.post(files.route("rename"), rename.toString())
                                .expect(200)
                                .text("entry", "path"))
                .isEqualTo("/root/l/b/c");
        api.post(files.route("rename"), rename.toString()).error(404, "not_found");
        rename.put("source", "/root/l/sub/x");
        api.post(files.route("rename"), rename.toString()).error(409, "conflict");
        files.ask("remove", "/root/l").expect(204);
        files.ask("list", "/root/l").error(404, "not_found");
    }

    @Test
    void athousandSmallFilesAreWrittenAndListed() {
        for (int i = 0; i < 1000; i++)
            assertThat(
                            files.write("write", "/root/many/" + i, Transfers.bytes("content " + i))
                                    .status())
                    .isEqualTo(204);
        assertThat(files.ask("list", "/root/many").expect(200).json().path("entries").size())
                .isEqualTo(1000);
        assertThat(api.output(id, "cat /root/many/0 /root/many/999"))
                .isEqualTo("content 0content 999");
        files.ask("remove", "/root/many").expect(204);
    }

    @Test
    void aPausedCapsuleHasNoFiles() {
        var other = api.create();
        api.post("/v1/capsules/" + other + "/pause", "").expect(200);
        var paused = new Transfers(api, other);
        for (var name : List.of("read", "stream/read", "list", "stat", "mkdir", "remove"))
            paused.ask(name, "/etc").error(409, "invalid_state");
        for (var name : List.of("write", "stream/write"))
            assertThat(paused.write(name, "/x", Transfers.bytes("x")))
                    .isEqualTo(new Transfers.Outcome(409, "invalid_state"));
        api.destroy(other);
    }

    @Test
    void theCommandsCopyAndList(@TempDir Path here) throws IOException {
        var tree = Files.createDirectories(here.resolve("tree/sub/deep")).getParent().getParent();
        Files.writeString(tree.resolve("a"), "alpha");
        Files.writeString(tree.resolve("sub/ü"), "beta");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("sub/ü"));
        wrenn.run(SOON, "cp", tree.toString(), id + ":/root/tree").ok();
        assertThat(api.output(id, "cd /root/tree; cat a link; ls -d sub/deep; readlink link"))
                .isEqualTo("alphabetasub/deep\nsub/ü\n");
        // A folder that is there takes the copy into it.
        wrenn.run(SOON, "cp", tree.toString(), id + ":/root").ok();
        wrenn.run(SOON, "cp", id + ":/root/tree", here.resolve("back").toString()).ok();
        assertThat(here.resolve("back/sub/ü")).hasContent("beta");
        assertThat(Files.readSymbolicLink(here.resolve("back/link"))).hasToString("sub/ü");
        assertThat(here.resolve("back/sub/deep")).isDirectory();

        wrenn.run(SOON, "cp", tree.resolve("a").toString(), id + ":/root/tree/sub").ok();
        wrenn.run(SOON, "cp", id + ":/root/tree/sub/a", here.toString()).ok();
        assertThat(here.resolve("a")).hasContent("alpha");
        var listed = wrenn.run(SOON, "ls", id, "/root/tree").ok().text();
        assertThat(listed).contains("-rw-r--r--", " a\n", "link -> sub/ü", "drwxr-xr-x");
        assertThat(wrenn.run(SOON, "ls", id, "/no/such").err()).contains("not_found");
        assertThat(wrenn.run(SOON, "cp", id + ":/no/such", here.toString()).exit()).isEqualTo(1);
        assertThat(wrenn.run(SOON, "cp", "a", "b").exit()).isEqualTo(2);
        files.ask("remove", "/root/tree").expect(204);
    }

    /// By how much the resident memory of a process grew at most since this was made: proc(5),
    /// `VmHWM` and `clear_refs`.
    private record Peak(Proc process, long before) {
        static Peak of(Proc process) throws IOException {
            Files.writeString(Path.of("/proc/" + process.pid() + "/clear_refs"), "5");
            return new Peak(process, resident(process, "VmRSS"));
        }

        long growth() {
            return Math.max(0, resident(process, "VmHWM") - before);
        }

        private static long resident(Proc process, String field) {
            return Long.parseLong(process.field(field).replace(" kB", "")) << 10;
        }
    }
}
