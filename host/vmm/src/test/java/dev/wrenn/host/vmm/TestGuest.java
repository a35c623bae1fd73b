package dev.wrenn.host.vmm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.host.linux.Command;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Namespaces;
import dev.wrenn.host.linux.Tap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// A network namespace with the one tap device of a guest, and a client of envd that lives in it.
final class TestGuest implements AutoCloseable {
    static final String MAC = "02:fc:00:00:00:05";
    static final String CMDLINE =
            "wrenn.ip=169.254.0.21 wrenn.mask=255.255.255.252 wrenn.gw=169.254.0.22";

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String TOKEN = "of-the-test";
    private static final int CONNECT_MS = 50; // a cold guest loses the first packets
    private static final int PATIENT_MS = 30_000;
    private static final Duration UP_LIMIT = Duration.ofSeconds(60);

    private final String namespace;

    private TestGuest(String namespace) {
        this.namespace = namespace;
    }

    static TestGuest create() throws Exception {
        var guest = new TestGuest("wrenn-vmm-" + ProcessHandle.current().pid());
        run("", "ip", "netns", "add", guest.namespace);
        var batch =
                """
                tuntap add tap0 mode tap vnet_hdr
                link set dev tap0 address 02:fc:00:00:00:01
                addr add 169.254.0.22/30 dev tap0
                link set dev tap0 up
                neigh replace 169.254.0.21 lladdr 02:fc:00:00:00:05 dev tap0 nud permanent
                """;
        run(batch, "ip", "-n", guest.namespace, "-batch", "-");
        return guest;
    }

    static void run(String input, String... argv) throws Exception {
        var result = Command.run(Duration.ofSeconds(60), input, List.of(argv));
        assertThat(result.ok()).as(result.output()).isTrue();
    }

    /// The guest's network card, for one VMM.
    Fd tap() throws Exception {
        return Tap.open(netns(), "tap0");
    }

    private Path netns() {
        return Path.of("/run/netns", namespace);
    }

    /// Asks until the guest answers; each try waits or is refused by the guest.
    void awaitHealth() throws Exception {
        long until = System.nanoTime() + UP_LIMIT.toNanos();
        while (true) {
            try {
                assertThat(health(Duration.ofSeconds(2))).contains("version");
                return;
            } catch (IOException e) {
                if (System.nanoTime() > until) throw e;
            }
        }
    }

    /// One `GET /health`.
    String health(Duration limit) throws Exception {
        var bytes = call("GET", "/health", null, "", CONNECT_MS, (int) limit.toMillis());
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /// Sets the token, which [#exec(String)] needs.
    void init() throws Exception {
        var body = JSON.writeValueAsBytes(Map.of("accessToken", TOKEN, "defaultUser", "root"));
        call("POST", "/init", body, "application/json", PATIENT_MS, PATIENT_MS);
    }

    /// Runs a shell script in the guest and returns what it prints.
    String exec(String script) throws Exception {
        var request =
                JSON.writeValueAsBytes(
                        Map.of(
                                "process",
                                Map.of("cmd", "/bin/sh", "args", List.of("-ec", script)),
                                "stdin",
                                false));
        var frame = ByteBuffer.allocate(5 + request.length);
        frame.put((byte) 0).putInt(request.length).put(request);
        var type = "application/connect+json";
        var path = "/process.Process/Start";
        var answer =
                ByteBuffer.wrap(call("POST", path, frame.array(), type, PATIENT_MS, PATIENT_MS));
        var output = new ByteArrayOutputStream();
        while (answer.remaining() > 5) {
            answer.get(); // flags
            var message = new byte[answer.getInt()];
            answer.get(message);
            var event = JSON.readTree(message);
            assertThat(event.has("error")).as(event.toString()).isFalse();
            var data = event.path("event").path("data");
            for (var stream : List.of("stdout", "stderr"))
                output.writeBytes(Base64.getDecoder().decode(data.path(stream).asString("")));
            var end = event.path("event").path("end");
            assertThat(end.path("exitCode").asInt(0)).as(script + ": " + output).isZero();
        }
        return output.toString(StandardCharsets.UTF_8);
    }

    private byte[] call(
            String method,
            String path,
            byte @Nullable [] body,
            String type,
            int connectMs,
            int readMs)
            throws Exception {
        return Namespaces.call(
                netns(),
                () -> {
                    var url = URI.create("http://169.254.0.21:49983" + path).toURL();
                    var http = (HttpURLConnection) url.openConnection();
                    http.setRequestMethod(method);
                    http.setConnectTimeout(connectMs);
                    http.setReadTimeout(readMs);
                    http.setRequestProperty("Connection", "close");
                    http.setRequestProperty("X-Access-Token", TOKEN);
                    if (body != null) {
                        http.setDoOutput(true);
                        http.setRequestProperty("Content-Type", type);
                        http.getOutputStream().write(body);
                    }
                    try (var input = http.getInputStream()) {
                        return input.readAllBytes();
                    } finally {
                        http.disconnect();
                    }
                });
    }

    @Override
    public void close() throws Exception {
        run("", "ip", "netns", "del", namespace);
    }
}
