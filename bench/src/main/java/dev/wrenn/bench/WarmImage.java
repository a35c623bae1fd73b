package dev.wrenn.bench;

import dev.wrenn.host.memory.LoadedImage;
import java.util.List;
import java.util.Map;

/// The image that creates of one size begin with.
///
/// @param command arguments of a VMM that began with it, program first
record WarmImage(LoadedImage image, List<String> command) {
    private static final int WARM_UPS = 3;

    /// The first create boots and leaves the image; the next ones warm the way up.
    static WarmImage made(Place place, int mib) {
        var api = place.api();
        Map<String, Object> wishes = Map.of("memory_mb", mib);
        api.destroy(api.create(wishes));
        var host = place.installation().host();
        var image = Stored.warm(host, mib);
        List<String> command = List.of();
        for (int i = 0; i < WARM_UPS; i++) {
            var id = api.create(wishes);
            try {
                api.exec(id, BootBench.EXEC);
                command = HostRecord.read(host, id).command();
            } finally {
                api.destroy(id);
            }
        }
        return new WarmImage(image, command);
    }
}
