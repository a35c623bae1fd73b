package dev.wrenn.control.domain.images;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TemplateId;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/// Gives hosts the parts of the templates that they were told to take, and of no others. Every call
/// asks the database, so that what is taken back is not given any more. Thread-safe.
public final class TemplateChunks {
    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    private final TemplateImages templates;
    private final Optional<ObjectStore> objects;

    /// @param objects empty where no images are kept: nothing is given then
    public TemplateChunks(TemplateImages templates, Optional<ObjectStore> objects) {
        this.templates = templates;
        this.objects = objects;
    }

    /// The outline of a template, as its name is the SHA-256 of.
    ///
    /// @param token the refresh token that the host's own goes back to
    /// @return empty when the host is not to have it
    public Optional<byte[]> outline(TemplateId template, HostId host, UUID token) {
        return templates
                .granted(template, host, token)
                .flatMap(granted -> {
                    var keys = ImageKeys.of(granted.name());
                    return objects.flatMap(store -> store.get(keys.manifest(granted.manifest())));
                });
    }

    /// A chunk of a template. Whoever takes it compares it with its sum.
    ///
    /// @param token the refresh token that the host's own goes back to
    /// @return empty when the host is not to have it, or the template has no such chunk
    public Optional<byte[]> chunk(TemplateId template, String sha256, HostId host, UUID token) {
        if (!SHA256.matcher(sha256).matches()) return Optional.empty();
        return templates
                .granted(template, host, token)
                .flatMap(granted -> {
                    var keys = ImageKeys.of(granted.name());
                    return objects.flatMap(store -> store.get(keys.chunk(sha256)));
                });
    }
}
