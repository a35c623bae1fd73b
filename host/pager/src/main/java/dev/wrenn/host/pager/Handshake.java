package dev.wrenn.host.pager;

import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import dev.wrenn.host.memory.RamRegion;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// The one message a VMM sends: a JSON array of its RAM regions with the userfaultfd as ancillary
/// data. The form is Firecracker's (`GuestRegionUffdMapping`, sizes in bytes).
record Handshake(List<RamRegion> regions, Fd userfault) {
    private static final int MOST_BYTES = 64 << 10;
    private static final int MOST_REGIONS = 1024;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /// The peer broke the protocol.
    static final class HandshakeException extends Exception {
        private static final long serialVersionUID = 1L;

        HandshakeException(String message) {
            super(message);
        }
    }

    /// Waits for the message; the caller owns the descriptor in it.
    static Handshake receive(Fd socket) throws HandshakeException {
        var message = UnixSockets.receive(socket, MOST_BYTES, 4);
        if (message.bytes().length == 0) throw new HandshakeException("the VMM hung up");
        try {
            if (message.fds().size() != 1)
                throw new HandshakeException(
                        "descriptors: " + message.fds().size() + " (expected: 1)");
            return new Handshake(regions(message.bytes()), message.fds().getFirst());
        } catch (HandshakeException e) {
            message.fds().forEach(Fd::close);
            throw e;
        }
    }

    /// @throws HandshakeException unless the bytes are an array of whole-page regions
    static List<RamRegion> regions(byte[] bytes) throws HandshakeException {
        try {
            var array = JSON.readTree(new String(bytes, StandardCharsets.UTF_8));
            if (!array.isArray() || array.isEmpty() || array.size() > MOST_REGIONS)
                throw new HandshakeException("regions: not an array of 1.." + MOST_REGIONS);
            var regions = new ArrayList<RamRegion>();
            for (var region : array)
                regions.add(
                        new RamRegion(
                                region.required("base_host_virt_addr").asLong(),
                                region.required("size").asLong(),
                                region.required("offset").asLong()));
            return List.copyOf(regions);
        } catch (JacksonException | IllegalArgumentException e) {
            throw new HandshakeException("regions cannot be read: " + e.getMessage());
        }
    }
}
