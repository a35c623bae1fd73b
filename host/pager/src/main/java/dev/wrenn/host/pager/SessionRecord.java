package dev.wrenn.host.pager;

import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.host.memory.RamRegion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What a later pager needs to take a VM over: which process, which of its descriptors, which
/// image.
///
/// @param id the capsule, `cl-` and 25 characters
/// @param pid the VMM
/// @param startTime of that process in clock ticks, so that a reused pid is not taken for it
/// @param userfault number of the descriptor in the VMM
/// @param hints directory of the working set
public record SessionRecord(
        String id,
        int pid,
        long startTime,
        int userfault,
        List<RamRegion> regions,
        String image,
        String hints) {
    private static final Pattern ID = Pattern.compile("[a-z0-9-]{1,64}");
    private static final String SUFFIX = ".json";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public SessionRecord {
        if (!ID.matcher(id).matches())
            throw new IllegalArgumentException("session: not an id of a capsule");
        regions = List.copyOf(regions);
    }

    void write(Path directory) throws IOException {
        AtomicFiles.write(directory.resolve(id + SUFFIX), JSON.writeValueAsBytes(this));
    }

    static void delete(Path directory, String id) throws IOException {
        AtomicFiles.delete(directory.resolve(id + SUFFIX));
    }

    /// All readable records; an unreadable one is removed, its VM cannot be saved by us.
    static List<SessionRecord> all(Path directory) throws IOException {
        var records = new ArrayList<SessionRecord>();
        List<Path> files;
        try (var entries = Files.list(directory)) {
            files = entries.filter(f -> f.toString().endsWith(SUFFIX)).toList();
        }
        for (var file : files) {
            try {
                records.add(JSON.readValue(Files.readAllBytes(file), SessionRecord.class));
            } catch (JacksonException | IllegalArgumentException e) {
                Files.delete(file);
            }
        }
        return records;
    }
}
