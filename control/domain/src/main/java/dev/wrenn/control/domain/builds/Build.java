package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A build as stored.
///
/// @param currentStep the last one that began; 0 before
/// @param capsule where it runs or ran
public record Build(
        NewBuild wanted,
        BuildStatus status,
        int currentStep,
        List<StepLog> logs,
        Optional<String> error,
        Optional<CapsuleId> capsule,
        Optional<HostId> host,
        String defaultUser,
        Map<String, String> defaultEnv,
        Instant createdAt,
        Optional<Instant> startedAt,
        Optional<Instant> completedAt) {
    public Build {
        logs = List.copyOf(logs);
        defaultEnv = Map.copyOf(defaultEnv);
    }

    public BuildId id() {
        return wanted.id();
    }
}
