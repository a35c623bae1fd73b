package dev.wrenn.control.domain.snapshots;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.Template;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Snapshot templates on their way into and out of use. Each method is one transaction;
/// thread-safe.
public interface SnapshotStore {
    /// How publishing ends.
    sealed interface Published {
        /// Usable from now on.
        ///
        /// @param replaced the one that had the name; it is doomed now
        record Done(Template template, Optional<Draft> replaced) implements Published {}

        /// The team has a template of this name.
        record Taken() implements Published {}

        /// The platform has a template of this name.
        record Reserved() implements Published {}

        /// The draft is not there any more, or doomed.
        record Gone() implements Published {}
    }

    /// How storing a draft ends.
    sealed interface Begun {
        record Done() implements Begun {}

        /// The platform has a template of this name.
        record Reserved() implements Begun {}

        /// The team would have more than it may.
        record Full(Amounts.Excess excess) implements Begun {}

        /// The team is gone.
        record NoTeam() implements Begun {}
    }

    /// Stores a draft that is about to be made of a capsule of this kind. A name that the team has
    /// already counts once.
    ///
    /// @param lease for how long it is kept without being renewed
    /// @param normal what a team may have for which nothing else was said
    Begun begin(Draft draft, CapsuleSpec spec, Duration lease, Amounts normal);

    /// Keeps drafts that are being made; those that are doomed or gone stay so.
    ///
    /// @param lease for how long, from now
    void renew(Set<TemplateId> drafts, Duration lease);

    /// Makes a draft usable, in place of the one that has its name if that is wanted.
    Published publish(TemplateId id, HostSnapshot made, boolean overwrite, Actor by);

    /// Dooms a draft.
    void discard(TemplateId id);

    /// Takes the name from the team's own template and dooms it.
    ///
    /// @return empty when the team has none of this name
    Optional<Draft> delete(TeamId team, String name, Actor by);

    /// Dooms drafts whose lease has ended.
    void discardAbandoned();

    /// Those whose files have to go, oldest first.
    List<Draft> doomed(int limit);

    /// Forgets a doomed one whose files are gone.
    void forget(TemplateId id);
}
