package dev.wrenn.host.pager;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.LoadedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// One connection of the agent, for one VM. Messages are JSON objects, one write each:
///
/// 1. agent: `{"id":"cl-…","image":"<directory>","hints":"<directory>"}` with the socket for the
///    VMM's handshake; `hints` is where the working set is kept, the image's directory without it
/// 2. pager: `{"event":"ready"}`: the VMM may be started; or `{"event":"failed","cause":"…"}`
/// 3. agent: `{"pid":123}`: the VMM
/// 4. pager: `{"event":"ended"}` or `{"event":"failed","cause":"…"}`, when the VM has ended
///
/// An agent that hangs up in between changes nothing for the VM.
final class Control {
    private static final Logger LOG = LoggerFactory.getLogger(Control.class);
    private static final int MOST_BYTES = 16 << 10;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Sessions sessions;

    Control(Sessions sessions) {
        this.sessions = sessions;
    }

    /// Serves one connection to its end, on its platform thread.
    void serve(Fd connection) {
        try (connection) {
            var message = UnixSockets.receive(connection, MOST_BYTES, 1);
            if (message.fds().size() != 1) {
                message.fds().forEach(Fd::close);
                return;
            }
            try (var socket = message.fds().getFirst()) {
                open(connection, socket, JSON.readTree(text(message)));
            }
        } catch (JacksonException | ErrnoException | IllegalStateException e) {
            LOG.atWarn().setCause(e).log("a connection broke the protocol");
        }
    }

    private void open(Fd connection, Fd socket, JsonNode request) {
        var id = request.required("id").asString();
        var path = request.required("image").asString();
        LoadedImage image;
        Path hints;
        try {
            hints = sessions.inside(request.path("hints").asString(path));
            image = sessions.image(path);
        } catch (IOException | CorruptImageException e) {
            say(connection, failed("the memory image cannot be used: " + e.getMessage()));
            return;
        }
        say(connection, Map.of("event", "ready"));
        var pid = new CompletableFuture<Integer>();
        var reader = Thread.ofPlatform().name("agent-" + id).start(() -> readPid(connection, pid));
        var failure = sessions.serve(id, image, hints, socket, pid);
        say(connection, failure == null ? Map.of("event", "ended") : failed(failure));
        pid.complete(0);
        reader.interrupt();
    }

    private static void readPid(Fd connection, CompletableFuture<Integer> pid) {
        try {
            var message = UnixSockets.receive(connection, MOST_BYTES, 1);
            message.fds().forEach(Fd::close);
            if (message.bytes().length > 0)
                pid.complete(JSON.readTree(text(message)).required("pid").asInt());
        } catch (JacksonException | ErrnoException | IllegalStateException e) {
            LOG.atWarn().setCause(e).log("the agent did not name the VMM");
        } finally {
            pid.complete(0); // hung up: serve without being able to take over later
        }
    }

    private static Map<String, String> failed(@Nullable String cause) {
        return Map.of("event", "failed", "cause", String.valueOf(cause));
    }

    private static void say(Fd connection, Map<String, String> event) {
        try {
            var line = JSON.writeValueAsString(event) + "\n";
            UnixSockets.send(connection, line.getBytes(StandardCharsets.UTF_8), List.of());
        } catch (ErrnoException e) {
            if (e.errno() != ErrnoException.EPIPE) throw e; // the agent is gone; the VM is not
        }
    }

    private static String text(UnixSockets.Message message) {
        return new String(message.bytes(), StandardCharsets.UTF_8);
    }
}
