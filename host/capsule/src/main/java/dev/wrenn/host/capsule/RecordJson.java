package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.VmRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// Capsule records as JSON. Reading validates everything; a later version is refused, not guessed.
final class RecordJson {
    private static final int VERSION =
            4; // 3: without entrypoint; 2: without policies; 1: without memory
    private static final JsonMapper JSON =
            JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
                    .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
                    .build();

    private RecordJson() {}

    /// A record that cannot be used; the message says why.
    static final class CorruptRecord extends Exception {
        private static final long serialVersionUID = 1L;

        CorruptRecord(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /// The file: plain values only.
    record Stored(
            int version,
            String id,
            long incarnation,
            String team,
            String template,
            int vcpus,
            long memoryMib,
            long diskMib,
            long idleTimeoutSeconds,
            String user,
            Map<String, String> env,
            @Nullable String directory,
            @Nullable List<String> entrypoint,
            String token,
            Phase phase,
            String cause,
            @Nullable Integer slot,
            @Nullable VmRecord vm,
            Ancestry.@Nullable Kind memory,
            @Nullable Integer image,
            CapsuleRecord.@Nullable Pause pause,
            @Nullable Policy teamNetwork,
            @Nullable Policy network,
            String createdAt,
            @Nullable String startedAt,
            Map<String, String> metadata) {}

    /// A policy; rules in their text form.
    record Policy(boolean allowByDefault, List<String> rules, int megabits, int connections) {
        static @Nullable Policy of(EgressPolicy policy) {
            if (policy.isOpen()) return null;
            return new Policy(
                    policy.allowByDefault(),
                    policy.rules().stream().map(EgressRule::toString).toList(),
                    policy.megabits(),
                    policy.connections());
        }

        static EgressPolicy read(@Nullable Policy stored) {
            if (stored == null) return EgressPolicy.OPEN;
            return new EgressPolicy(
                    stored.allowByDefault,
                    stored.rules.stream().map(EgressRule::parse).toList(),
                    stored.megabits,
                    stored.connections);
        }
    }

    static byte[] write(CapsuleRecord record) {
        var request = record.request();
        var spec = request.spec();
        var started = record.startedAt();
        return JSON.writeValueAsBytes(
                new Stored(
                        VERSION,
                        request.id().toString(),
                        request.incarnation(),
                        request.team().toString(),
                        request.template().toString(),
                        spec.vcpus(),
                        spec.memory().mib(),
                        spec.disk().mib(),
                        spec.idleTimeout().toSeconds(),
                        request.user(),
                        request.env(),
                        request.directory(),
                        request.entrypoint(),
                        record.token().reveal(),
                        record.phase(),
                        record.cause(),
                        record.slot(),
                        record.vm(),
                        record.memory(),
                        record.image(),
                        record.pause(),
                        Policy.of(request.egress().team()),
                        Policy.of(request.egress().own()),
                        record.createdAt().toString(),
                        started == null ? null : started.toString(),
                        record.metadata()));
    }

    /// @param expected whose directory the file was in
    static CapsuleRecord read(byte[] content, CapsuleId expected) throws CorruptRecord {
        try {
            var version = JSON.readTree(content).path("version");
            int found = version.isInt() ? version.intValue() : 0;
            if (found < 1 || found > VERSION)
                throw new CorruptRecord(
                        "version: " + version + " (expected: 1.." + VERSION + ")", null);
            var record = record(JSON.readValue(content, Stored.class));
            if (!record.request().id().equals(expected))
                throw new CorruptRecord("id: " + record.request().id(), null);
            return record;
        } catch (RuntimeException e) { // not JSON, or a value that the model's own checks refuse
            throw new CorruptRecord("unreadable: " + e.getMessage(), e);
        }
    }

    private static CapsuleRecord record(Stored stored) {
        return new CapsuleRecord(
                new CapsuleRequest(
                        CapsuleId.parse(stored.id),
                        stored.incarnation,
                        TeamId.parse(stored.team),
                        TemplateId.parse(stored.template),
                        new CapsuleSpec(
                                stored.vcpus,
                                MemorySize.ofMib(stored.memoryMib),
                                MemorySize.ofMib(stored.diskMib),
                                Duration.ofSeconds(stored.idleTimeoutSeconds)),
                        Objects.requireNonNull(stored.user, "user"),
                        stored.env,
                        stored.directory == null ? "" : stored.directory,
                        stored.entrypoint == null ? List.of() : stored.entrypoint,
                        new Egress(Policy.read(stored.teamNetwork), Policy.read(stored.network))),
                new Secret(Objects.requireNonNull(stored.token, "token")),
                Objects.requireNonNull(stored.phase, "phase"),
                Objects.requireNonNull(stored.cause, "cause"),
                stored.slot == null ? null : new Slot(stored.slot).index(), // checks the range
                stored.vm,
                stored.memory == null && stored.vm != null ? Ancestry.Kind.FRESH : stored.memory,
                number(stored.image),
                stored.pause,
                Instant.parse(stored.createdAt),
                stored.startedAt == null ? null : Instant.parse(stored.startedAt),
                stored.metadata);
    }

    private static @Nullable Integer number(@Nullable Integer image) {
        if (image != null && image < 0)
            throw new IllegalArgumentException("image: " + image + " (expected: >= 0)");
        return image;
    }
}
