package dev.wrenn.host.memory;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What an image is, and the sign that it is whole: written last, before the directory gets its
/// name.
///
/// @param format version of the directory's layout; this code writes and reads [#FORMAT]
/// @param vcpus virtual processors, fixed for every restore
/// @param memoryBytes guest RAM, fixed for every restore
/// @param machine what must be equal on the restoring host: VMM with version, machine type,
///   acceleration, processor model, frequency of the time stamp counter, guest kernel
/// @param parts the data files of the memory, oldest first
/// @param deviceStateBytes length of the VMM's device state
/// @param deviceStateSha256 its digest, lowercase hex
/// @param indexSha256 digest of the index, lowercase hex
/// @param notesSha256 digest of the notes, lowercase hex; null without notes
/// @param diskBytes apparent length of the disk
/// @param createdAtUnixMs when the VM was stopped for it
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ImageManifest(
        int format,
        int vcpus,
        long memoryBytes,
        Map<String, String> machine,
        List<Part> parts,
        long deviceStateBytes,
        String deviceStateSha256,
        String indexSha256,
        @Nullable String notesSha256,
        long diskBytes,
        long createdAtUnixMs) {
    /// The layout this code writes.
    public static final int FORMAT = 1;

    public ImageManifest {
        machine = Map.copyOf(machine);
        parts = List.copyOf(parts);
    }

    /// One data file.
    ///
    /// @param build its id in the index
    /// @param file its name in the image's directory
    /// @param bytes its length
    public record Part(UUID build, String file, long bytes) {}
}
