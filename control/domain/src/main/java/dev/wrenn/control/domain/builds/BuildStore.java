package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.domain.templates.TemplateType;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Builds, their archives and the layers they leave. Each method is one transaction; thread-safe.
public interface BuildStore {
    /// One worker's hold on one build. Whatever it writes counts only while it holds it.
    ///
    /// @param attempt from 1: another worker may have begun before
    record Lease(Build build, String worker, int attempt) {}

    /// How the end of a build is stored.
    enum Ended {
        DONE,
        /// It was cancelled, or another worker has it.
        LOST,
        /// A platform template, or one of a team, has the name already.
        RESERVED,
        /// The team would have more than it may.
        FULL
    }

    /// Stores a pending build with its archive. Exact also when many are stored at once.
    ///
    /// @param archive read to its end; null: there is none
    /// @param most builds of the team that have not ended, this one among them
    /// @return false when there would be more
    boolean insert(NewBuild build, @Nullable InputStream archive, Actor by, int most);

    Optional<Build> find(BuildId id);

    /// Newest first.
    ///
    /// @param team empty: of all
    /// @param before only those that are older than this one
    List<Build> list(Optional<TeamId> team, Optional<BuildId> before, int limit);

    /// Takes the oldest build that is pending, or whose worker is gone.
    Optional<Lease> claim(String worker, Duration lease);

    /// Fails builds whose workers went too often.
    void giveUp(int attempts);

    /// Keeps a build.
    ///
    /// @return false when it is lost: cancelled, or another worker has it
    boolean renew(Lease lease, Duration more);

    /// Copies the archive.
    ///
    /// @return false when there is none
    boolean archive(BuildId id, OutputStream to);

    /// Says which capsule is about to be made for it, or where that runs.
    boolean place(Lease lease, CapsuleId capsule, Optional<HostId> host);

    /// Stores what an image was found to be.
    boolean found(Lease lease, ImportedImage image);

    /// Stores what a step has said so far.
    boolean log(Lease lease, StepLog log);

    /// Stores a draft of the template, in no list yet.
    Ended draft(
            Lease lease,
            TemplateId template,
            TemplateType type,
            HostId host,
            Duration keep,
            Amounts normal);

    /// Makes the draft usable in the place of the one that has the name, and the build a success,
    /// together.
    ///
    /// @param key digest of all that the template depends on
    Ended publish(
            Lease lease, TemplateId template, HostSnapshot made, GuestDefaults kept, String key);

    /// Makes a build a success that found its template there already.
    ///
    /// @return false unless the ready template of its name was made with this key
    boolean unchanged(Lease lease, String key, GuestDefaults kept);

    /// Dooms the draft of a build that does not succeed.
    void discard(TemplateId template);

    boolean fail(Lease lease, String error);

    /// Ends a build that is not final.
    ///
    /// @return its status before; empty when there is none of this id
    Optional<BuildStatus> cancel(BuildId id, Actor by);

    /// Capsules of builds that have another one now, or are final and whose last worker would have
    /// noticed: it may be making the capsule until then.
    Set<CapsuleId> leftCapsules(int limit);

    /// The capsule is gone.
    void cleaned(CapsuleId capsule);

    Optional<Layer> layer(String key);

    /// Keeps a layer; another one of its key wins when it was there before.
    ///
    /// @return false when another one was
    boolean addLayer(Layer layer);

    /// Layers that were not used for longest, as many as are more than `bytes` together; they are
    /// not found any more.
    List<Layer> overflow(long bytes);

    /// Layers that are being removed.
    List<Layer> doomedLayers(int limit);

    void forgetLayer(TemplateId template);
}
