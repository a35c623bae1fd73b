package dev.wrenn.bench;

import com.google.protobuf.ByteString;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.Codec;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ProcessMethods;
import dev.wrenn.common.connect.ServerStream;
import dev.wrenn.contracts.process.PTY;
import dev.wrenn.contracts.process.ProcessConfig;
import dev.wrenn.contracts.process.ProcessInput;
import dev.wrenn.contracts.process.ProcessSelector;
import dev.wrenn.contracts.process.SendInputRequest;
import dev.wrenn.contracts.process.StartRequest;
import dev.wrenn.contracts.process.StartResponse;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.client.HttpClient;

/// The guest agent called directly, as the host agent calls it: no API, no agent in between.
final class Envd implements AutoCloseable {
    private static final int PORT = 49983; // spec 15
    static final String MISSING = "/no/such/program";

    // A SYN that is sent before the guest's network is up is repeated only after a second.
    private static final int CONNECT_MS = 40;
    private static final PTY.Size SIZE = PTY.Size.newBuilder().setCols(80).setRows(24).build();
    private static final CallOptions LIMIT = CallOptions.timeout(Duration.ofSeconds(30));

    private final ConnectClient client;

    Envd(HttpClient http, String address, String token) {
        client =
                new ConnectClient(
                        http, base(address), Codec.PROTO, Map.of("X-Access-Token", token));
    }

    /// Runs `true` to its end.
    void execTrue() {
        exec("true", List.of());
    }

    /// Runs a program to its end; anything but exit code 0 is a failure.
    void exec(String program, List<String> arguments) {
        int code = run(program, arguments);
        if (code != 0) throw new BenchException("envd: " + program + " exits " + code);
    }

    /// Asks for a program that is not there: the whole way without a process at its end.
    void execMissing() {
        try {
            run(MISSING, List.of());
        } catch (ConnectException e) {
            if (e.code() != Code.NOT_FOUND && e.code() != Code.INVALID_ARGUMENT) throw e;
        }
    }

    private int run(String program, List<String> arguments) {
        var process = ProcessConfig.newBuilder().setCmd(program).addAllArgs(arguments);
        var request = StartRequest.newBuilder().setProcess(process).setStdin(false).build();
        try (var events = client.stream(ProcessMethods.START, request, LIMIT)) {
            int code = -1;
            for (var next = events.next(); next != null; next = events.next()) {
                if (next.getEvent().hasEnd()) code = next.getEvent().getEnd().getExitCode();
            }
            return code;
        }
    }

    /// Starts a program on a terminal.
    Terminal terminal(String program) {
        var request =
                StartRequest.newBuilder()
                        .setProcess(ProcessConfig.newBuilder().setCmd(program))
                        .setPty(PTY.newBuilder().setSize(SIZE))
                        .setTag("bench")
                        .build();
        var events = client.stream(ProcessMethods.START, request, CallOptions.none());
        events.next(); // that it has started
        return new Terminal(events);
    }

    /// A terminal in the guest.
    final class Terminal implements AutoCloseable {
        private final ServerStream<StartResponse> events;

        private Terminal(ServerStream<StartResponse> events) {
            this.events = events;
        }

        /// Sends one byte and returns when so many came back.
        void type(byte key, int echo) {
            var input = ProcessInput.newBuilder().setPty(ByteString.copyFrom(new byte[] {key}));
            client.unary(
                    ProcessMethods.SEND_INPUT,
                    SendInputRequest.newBuilder()
                            .setProcess(ProcessSelector.newBuilder().setTag("bench"))
                            .setInput(input)
                            .build(),
                    LIMIT);
            for (int left = echo; left > 0; ) {
                var event = events.next();
                if (event == null || event.getEvent().hasEnd())
                    throw new BenchException("envd: the terminal ended");
                left -= event.getEvent().getData().getPty().size();
            }
        }

        @Override
        public void close() {
            events.close();
        }
    }

    @Override
    public void close() {
        client.close();
    }

    /// Waits until a guest accepts connections, then gives it its token, or shows it the one it
    /// has.
    static void init(String address, String token, Duration limit) {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!accepts(address)) {
            if (System.nanoTime() > deadline) {
                throw new BenchException("floor: no answer from " + address + " in " + limit);
            }
        }
        try {
            var call = (HttpURLConnection) base(address).resolve("/init").toURL().openConnection();
            call.setConnectTimeout(1000);
            call.setReadTimeout((int) limit.toMillis());
            call.setRequestMethod("POST");
            call.setDoOutput(true);
            call.setRequestProperty("Content-Type", "application/json");
            var body = "{\"accessToken\":\"" + token + "\"}";
            try (var out = call.getOutputStream()) {
                out.write(body.getBytes(StandardCharsets.UTF_8));
            }
            int status = call.getResponseCode();
            if (status != 204) throw new BenchException("envd: /init answers " + status);
        } catch (IOException e) {
            throw new BenchException("envd: /init at " + address + ": " + e.getMessage(), e);
        }
    }

    private static boolean accepts(String address) {
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, PORT), CONNECT_MS);
            return true;
        } catch (IOException _) {
            return false;
        }
    }

    private static URI base(String address) {
        return URI.create("http://" + address + ":" + PORT);
    }
}
