package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleSpec;
import java.util.Map;

/// A snapshot template that was made.
///
/// @param bytes allocated by its files, shared or not
/// @param spec what every capsule made of it has
/// @param metadata versions it was made with
public record SnapshotView(long bytes, CapsuleSpec spec, Map<String, String> metadata) {
    public SnapshotView {
        metadata = Map.copyOf(metadata);
    }
}
