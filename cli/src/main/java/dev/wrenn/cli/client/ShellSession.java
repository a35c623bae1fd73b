package dev.wrenn.cli.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.cli.CommandFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// One terminal of a capsule, shown on ours. When the connection drops, it is made again and the
/// terminal found by its tag. Used once, by one thread.
final class ShellSession {
    private static final int INPUT_CHUNK = 8 * 1024;
    private static final Duration RETRY = Duration.ofSeconds(1);
    private static final Duration GIVE_UP = Duration.ofSeconds(60);

    /// The server pings each 30 s.
    private static final Duration SILENCE = Duration.ofSeconds(75);

    /// Home, erase all: what is replayed after a reconnect is drawn on an empty screen (ECMA-48).
    private static final byte[] CLEAR = "\033[H\033[2J".getBytes(UTF_8);

    private final Api api;
    private final String capsule;
    private final LocalTerminal local;
    private ObjectNode first;
    private String tag = "";
    private long lost; // when the connection dropped, ns

    /// Keys wait here for a connection; the reader does not go on before they are taken.
    private final SynchronousQueue<byte[]> keys = new SynchronousQueue<>();

    /// @param capsule its route
    /// @param first `start` or `connect`
    ShellSession(Api api, String capsule, ObjectNode first, LocalTerminal local) {
        this.api = api;
        this.capsule = capsule;
        this.first = first;
        this.local = local;
    }

    /// How one connection ended.
    private sealed interface End {
        record Exited(int code) implements End {}

        record Dropped(String why) implements End {}
    }

    /// @return the program's exit code
    /// @throws CommandFailure when there is no terminal to be had
    int run() {
        Thread.ofPlatform().daemon().name("keys").start(this::readKeys);
        while (true) {
            switch (connection()) {
                case End.Exited(var code) -> {
                    return code;
                }
                case End.Dropped(var why) -> pause(why);
            }
        }
    }

    private void readKeys() {
        var chunk = new byte[INPUT_CHUNK];
        try {
            for (int n = local.input().read(chunk); n >= 0; n = local.input().read(chunk))
                keys.put(Arrays.copyOf(chunk, n));
        } catch (IOException e) {
            // the terminal is gone: the hang-up ends this process
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void pause(String why) {
        if (tag.isEmpty()) throw new CommandFailure(why);
        long now = System.nanoTime();
        if (lost == 0) {
            lost = now;
            print(("\r\n[connection lost: " + why + "; connecting again]\r\n").getBytes(UTF_8));
        } else if (now - lost > GIVE_UP.toNanos()) {
            throw failed("connection lost: " + why);
        }
        first = JsonNodeFactory.instance.objectNode().put("type", "connect").put("tag", tag);
        try {
            TimeUnit.NANOSECONDS.sleep(RETRY.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        }
    }

    private CommandFailure failed(String why) {
        return new CommandFailure(
                tag.isEmpty() ? why : why + "; the terminal may live on: --tag " + tag);
    }

    private End connection() {
        var size = local.dimensions();
        first.put("cols", size.cols()).put("rows", size.rows());
        var events = new LinkedBlockingQueue<ShellSocket.Event>();
        ShellSocket socket;
        try {
            socket = ShellSocket.open(api, capsule + "/pty", events);
        } catch (CompletionException e) {
            return new End.Dropped(
                    String.valueOf(
                            api.unreachable(e.getCause() == null ? e : e.getCause()).getMessage()));
        }
        try (socket) {
            socket.send(first);
            return follow(socket, events);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure("interrupted", e);
        } finally {
            local.onResize(() -> {});
        }
    }

    private End follow(ShellSocket socket, LinkedBlockingQueue<ShellSocket.Event> events)
            throws InterruptedException {
        Thread typing = null;
        try {
            while (true) {
                var event = events.poll(SILENCE.toSeconds(), TimeUnit.SECONDS);
                switch (event == null ? new ShellSocket.Event.Dropped("silence") : event) {
                    case ShellSocket.Event.Started(var name) -> {
                        if (!tag.isEmpty()) print(CLEAR);
                        tag = name;
                        lost = 0;
                        resize(socket); // it may have changed meanwhile, or be another window
                        local.onResize(() -> resize(socket));
                        typing = Thread.ofVirtual().start(() -> type(socket));
                    }
                    case ShellSocket.Event.Output(var data) -> {
                        print(data);
                        socket.next();
                    }
                    case ShellSocket.Event.Exited(var code) -> {
                        return new End.Exited(code);
                    }
                    case ShellSocket.Event.Fatal(var why) -> {
                        if (lasting(why) || tag.isEmpty()) throw failed(why);
                        return new End.Dropped(why);
                    }
                    case ShellSocket.Event.Dropped(var why) -> {
                        return new End.Dropped(why);
                    }
                }
            }
        } finally {
            if (typing != null) typing.interrupt();
        }
    }

    /// Whether trying again would not help.
    private static boolean lasting(String why) {
        return why.contains("not found")
                || why.contains("not running")
                || why.contains("authentication");
    }

    private void type(ShellSocket socket) {
        try {
            while (true) {
                var data = Base64.getEncoder().encodeToString(keys.take());
                socket.send(
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("type", "input")
                                .put("data", data));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // this connection is over
        }
    }

    private void resize(ShellSocket socket) {
        var size = local.dimensions();
        socket.send(
                JsonNodeFactory.instance
                        .objectNode()
                        .put("type", "resize")
                        .put("cols", size.cols())
                        .put("rows", size.rows()));
    }

    private void print(byte[] data) {
        try {
            local.output().write(data);
            local.output().flush();
        } catch (IOException e) {
            throw new CommandFailure("cannot write to the terminal: " + e.getMessage(), e);
        }
    }
}
