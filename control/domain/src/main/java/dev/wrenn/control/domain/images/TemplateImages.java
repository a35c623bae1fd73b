package dev.wrenn.control.domain.images;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.ImageName;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/// What is known of the images of templates in the object store and on other hosts than the one
/// they were made on. Each method is one transaction; thread-safe.
public interface TemplateImages {
    /// A template to publish.
    ///
    /// @param host that made it
    record Due(ImageName.OfTemplate name, HostId host) {}

    /// Templates of these hosts that are not published, those first that wait longest.
    ///
    /// @param age not those that were tried since
    List<Due> due(Collection<HostId> hosts, Duration age, int limit);

    /// A template could not be published: not again for half a minute.
    void later(TemplateId id);

    /// The image of a template is in the object store.
    ///
    /// @param manifest SHA-256 of its outline
    /// @return false when the template is gone or about to go: nothing is published
    boolean published(TemplateId id, String manifest);

    /// What the outline of a template is called that can be brought to any host.
    ///
    /// @return empty when it cannot
    Optional<String> current(TemplateId id);

    /// Notes that a host is about to get a copy.
    ///
    /// @return false when the template is gone or about to go: no host must get it
    boolean copying(TemplateId id, HostId host);

    /// A template that a host is to have.
    ///
    /// @param manifest what its outline is called
    record Granted(ImageName.OfTemplate name, String manifest) {}

    /// What a host may take of a template that it was told to take; also while the template is
    /// about to go, for the capsules that were made of it.
    ///
    /// @param token the refresh token that the host's own goes back to
    /// @return empty for any other host, template or token
    Optional<Granted> granted(TemplateId id, HostId host, UUID token);

    /// The hosts that may have a copy and are still in the fleet.
    List<HostId> copies(TemplateId id);

    /// A host has no copy any more.
    void removed(TemplateId id, HostId host);
}
