package dev.wrenn.control.domain.capsules;

import dev.wrenn.control.domain.hosts.HostCapsule;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// What a host told about a capsule and clients may see; empty while unknown.
///
/// @param hostIp address of the capsule on its host
/// @param guestIp address which the guest itself sees
public record Facts(
        Optional<String> hostIp,
        Optional<String> guestIp,
        Optional<Instant> startedAt,
        Optional<Instant> lastActiveAt,
        Map<String, String> metadata) {
    private static final String PAUSE_REASON = "pause_reason";

    /// Nothing known yet.
    public static final Facts NONE =
            new Facts(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Map.of());

    public Facts {
        metadata = Map.copyOf(metadata);
    }

    /// These, with everything replaced that the host knows. A paused capsule has no address on its
    /// host, and says why it is paused.
    Facts with(HostCapsule said) {
        boolean paused = said.status() == HostCapsule.Status.PAUSED;
        return new Facts(
                paused ? said.hostIp() : said.hostIp().or(() -> hostIp),
                said.guestIp().or(() -> guestIp),
                said.startedAt().or(() -> startedAt),
                said.lastActiveAt().or(() -> lastActiveAt),
                metadata(said));
    }

    private Map<String, String> metadata(HostCapsule said) {
        var all = new HashMap<>(said.metadata().isEmpty() ? metadata : said.metadata());
        all.remove(PAUSE_REASON);
        said.pauseReason().ifPresent(reason -> all.put(PAUSE_REASON, reason.wire()));
        return all;
    }
}
