package dev.wrenn.host.capsule;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The agent's side of the pager's control socket, `{D}/pager.sock`: one connection for each VM,
/// messages as described with the pager itself. Thread-safe.
final class PagerLink implements Rooms.Pager {
    private static final String SOCKET = "pager.sock";
    private static final int MOST_BYTES = 16 << 10;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path socket;

    PagerLink(Path dataDir) {
        this.socket = dataDir.resolve(SOCKET);
    }

    @Override
    public Rooms.PagerSession open(CapsuleId id, Path image, Path hints) {
        try {
            var control = UnixSockets.connect(socket);
            try {
                return new Session(control, ask(control, id, image, hints));
            } catch (RuntimeException e) {
                control.close();
                throw e;
            }
        } catch (ErrnoException e) {
            throw new CapsuleException("the pager does not answer: " + e.getMessage(), e);
        }
    }

    /// @return the VMM's end of the handshake
    private static Fd ask(Fd control, CapsuleId id, Path image, Path hints) {
        var request = new LinkedHashMap<String, String>();
        request.put("id", id.toString());
        request.put("image", image.toString());
        request.put("hints", hints.toString());
        var pair = UnixSockets.pair();
        try (var theirs = pair.left()) {
            UnixSockets.send(control, JSON.writeValueAsBytes(request), List.of(theirs));
            var said = JSON.readTree(text(control));
            if (said.path("event").asString("").equals("ready")) return pair.right();
            throw new CapsuleException("the pager refuses: " + said.path("cause").asString(""));
        } catch (JacksonException e) {
            pair.right().close();
            throw new CapsuleException("the pager's answer makes no sense", e);
        } catch (RuntimeException e) {
            pair.right().close();
            throw e;
        }
    }

    private static String text(Fd control) {
        var message = UnixSockets.receive(control, MOST_BYTES, 1);
        message.fds().forEach(Fd::close);
        return new String(message.bytes(), UTF_8);
    }

    private record Session(Fd control, Fd socket) implements Rooms.PagerSession {
        @Override
        public void serves(int pid) {
            UnixSockets.send(control, ("{\"pid\":" + pid + "}\n").getBytes(UTF_8), List.of());
        }

        @Override
        public void close() {
            socket.close();
            control.close();
        }
    }
}
