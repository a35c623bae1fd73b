package dev.wrenn.control.domain.images;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// What is known of the images of capsules in the object store. The database itself notes which are
/// to be published, which have been outlived by their capsule, and which have to go. Each method is
/// one transaction; thread-safe.
public interface SavedImages {
    /// Paused capsules on these hosts whose images are not published, those first that wait
    /// longest.
    ///
    /// @param age nothing that has changed since
    List<CapsuleRow> due(Collection<HostId> hosts, Duration age, int limit);

    /// An image could not be published: not again for half a minute.
    void later(CapsuleId id);

    /// The image of this row is in the object store.
    ///
    /// @param manifest SHA-256 of its outline
    /// @return false when the row has changed meanwhile: nothing is published
    boolean published(CapsuleRow row, String manifest, long bytes);

    /// What the outline of the image is called with which a capsule can go on anywhere.
    ///
    /// @return empty when there is none
    Optional<String> current(CapsuleId id);

    /// Which host may have the published image besides the store.
    void heldBy(CapsuleId id, Optional<HostId> host);

    /// The capsule may have gone on, and been paused again, where its image is: publish it anew.
    void doubt(CapsuleId id, HostId host);

    /// Capsules that have ended and whose images are in the store.
    List<CapsuleId> doomed(int limit);

    /// Nothing of the capsule is in the store any more.
    void forget(CapsuleId id);
}
