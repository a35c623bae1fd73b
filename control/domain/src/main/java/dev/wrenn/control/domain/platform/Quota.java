package dev.wrenn.control.domain.platform;

import java.util.Optional;

/// What one team may have where it is not what all may have; see
/// [dev.wrenn.control.domain.teams.Amounts] for what is counted.
public record Quota(
        Optional<Long> capsules,
        Optional<Long> vcpus,
        Optional<Long> memoryMb,
        Optional<Long> diskMb,
        Optional<Long> snapshots) {
    /// Nothing of its own: as every team.
    public static final Quota NORMAL =
            new Quota(
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty(),
                    Optional.empty());

    /// As the audit trail tells it.
    public String words() {
        return "capsules "
                + word(capsules)
                + ", vcpus "
                + word(vcpus)
                + ", memory_mb "
                + word(memoryMb)
                + ", disk_mb "
                + word(diskMb)
                + ", snapshots "
                + word(snapshots);
    }

    private static String word(Optional<Long> limit) {
        return limit.map(String::valueOf).orElse("normal");
    }
}
