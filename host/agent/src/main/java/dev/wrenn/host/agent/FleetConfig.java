package dev.wrenn.host.agent;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/// How an agent finds its control plane.
///
/// @param controlPlanes `WRENN_CONTROL_PLANE`: `http://HOST[:PORT]` or `https://…`, several
///   separated by commas
/// @param address `WRENN_HOST_ADDRESS`: `host:port` under which control planes reach this agent;
///   where it listens unless set
/// @param registration the token in the file `WRENN_HOST_TOKEN_FILE`, for a host that is not
///   registered
/// @param heartbeat `WRENN_HOST_HEARTBEAT`: how often it says that it is alive
/// @param grace `WRENN_HOST_GRACE`: how long it may be without a control plane before its capsules
///   are saved
public record FleetConfig(
        List<URI> controlPlanes,
        String address,
        Optional<Secret> registration,
        Duration heartbeat,
        Duration grace) {
    private static final Duration HEARTBEAT = Duration.ofSeconds(30);
    private static final Duration GRACE = Duration.ofSeconds(90); // three heartbeats

    public FleetConfig {
        controlPlanes = List.copyOf(controlPlanes);
    }

    static FleetConfig of(Env env, String listen) {
        return new FleetConfig(
                controlPlanes(env.required("WRENN_CONTROL_PLANE")),
                env.text("WRENN_HOST_ADDRESS", listen),
                env.optional("WRENN_HOST_TOKEN_FILE").map(FleetConfig::token),
                env.duration("WRENN_HOST_HEARTBEAT", HEARTBEAT),
                env.duration("WRENN_HOST_GRACE", GRACE));
    }

    private static List<URI> controlPlanes(String text) {
        return Arrays.stream(text.split(",")).map(part -> controlPlane(part.strip())).toList();
    }

    private static URI controlPlane(String text) {
        try {
            var uri = URI.create(text.replaceFirst("/+$", ""));
            boolean web = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (web && uri.getHost() != null) return uri;
        } catch (IllegalArgumentException e) {
            // answered below with everything else that is not an address
        }
        throw new Env.ConfigException(
                "WRENN_CONTROL_PLANE: " + text + " (expected: http://HOST or https://HOST)");
    }

    private static Secret token(String file) {
        try {
            return new Secret(Files.readString(Path.of(file)).strip());
        } catch (IOException e) {
            throw new Env.ConfigException("WRENN_HOST_TOKEN_FILE: " + file + " cannot be read");
        }
    }

    FleetConfig registering(Secret token) {
        return new FleetConfig(controlPlanes, address, Optional.of(token), heartbeat, grace);
    }

    /// As one text, to tell whether credentials are from there.
    String controlPlaneText() {
        return controlPlanes.stream().map(URI::toString).collect(Collectors.joining(","));
    }
}
