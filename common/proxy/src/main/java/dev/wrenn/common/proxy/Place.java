package dev.wrenn.common.proxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import org.eclipse.jetty.http.HttpFields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where this process is on the network: in which network namespace, network_namespaces(7), of
/// which running kernel. Two processes at one place reach the same addresses. It serves as a proof,
/// too: the kernel's boot id is random and nobody elsewhere knows it, so what claims to be at our
/// place is; we never tell ours to one that has not shown it.
final class Place {
    /// Where who answers is.
    static final String HEADER = "Wrenn-Place";

    /// What a lane leads to, as an address at that place.
    static final String ADDRESS = "Wrenn-Address";

    private static final Logger LOG = LoggerFactory.getLogger(Place.class);
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");
    private static final Path NETWORK = Path.of("/proc/self/ns/net");
    private static final Optional<String> OURS = find();

    private Place() {}

    private static Optional<String> find() {
        try {
            var boot = Files.readString(BOOT).strip();
            return Optional.of(boot + " " + Files.readSymbolicLink(NETWORK));
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("no place: nothing is near");
            return Optional.empty();
        }
    }

    /// Empty where the kernel does not say.
    static Optional<String> ours() {
        return OURS;
    }

    /// Where to dial, as told by a server at our place.
    ///
    /// @param fields of its answer
    /// @param there its end of the connection
    /// @param here our end of it
    /// @return empty when it is elsewhere, may be, or tells no address
    static Optional<InetSocketAddress> near(
            HttpFields fields, SocketAddress there, SocketAddress here) {
        var place = fields.get(HEADER);
        var address = fields.get(ADDRESS);
        if (place == null || address == null || OURS.isEmpty() || !isLocal(there, here))
            return Optional.empty();
        boolean same =
                MessageDigest.isEqual(
                        place.getBytes(StandardCharsets.UTF_8),
                        OURS.get().getBytes(StandardCharsets.UTF_8));
        return same ? parse(address) : Optional.empty();
    }

    /// Both ends of it are addresses of this machine: one address, or the loopback's.
    private static boolean isLocal(SocketAddress there, SocketAddress here) {
        return there instanceof InetSocketAddress one
                && here instanceof InetSocketAddress other
                && !one.isUnresolved()
                && (one.getAddress().isLoopbackAddress()
                        || one.getAddress().equals(other.getAddress()));
    }

    /// `10.11.0.7:3000`, an address and no name.
    private static Optional<InetSocketAddress> parse(String text) {
        int colon = text.lastIndexOf(':');
        try {
            var address = InetAddress.ofLiteral(text.substring(0, Math.max(0, colon)));
            int port = Integer.parseInt(text.substring(colon + 1));
            return Optional.of(new InetSocketAddress(address, port));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /// As [#near] reads it.
    static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }
}
