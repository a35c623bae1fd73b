package dev.wrenn.control.domain.cleanup;

import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.snapshots.Snapshots;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Ends the capsules of deleted teams and of owners who were switched off, and dooms the templates
/// of the former. Hosts that are away now are seen to when they are back: by the reconciler, and by
/// the sweep of templates.
public final class TeamCleanup {
    /// How often to call [#sweep()].
    public static final Duration PERIOD = Duration.ofSeconds(3);

    private static final Logger LOG = LoggerFactory.getLogger(TeamCleanup.class);
    private static final int AT_ONCE = 50;

    private final Remains remains;
    private final Capsules capsules;
    private final Snapshots snapshots;

    public TeamCleanup(Remains remains, Capsules capsules, Snapshots snapshots) {
        this.remains = remains;
        this.capsules = capsules;
        this.snapshots = snapshots;
    }

    /// One round; called by one replica at a time.
    public void sweep() {
        try {
            for (var left : remains.capsules(AT_ONCE)) {
                LOG.atInfo()
                        .addKeyValue("team", left.team())
                        .addKeyValue("capsule", left.capsule())
                        .log("its team is deleted or its owner switched off: capsule is ended");
                capsules.destroy(left.team(), left.capsule(), Actor.SYSTEM);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return;
        }
        for (var left : remains.templates(AT_ONCE))
            snapshots.delete(left.team(), left.name(), Actor.SYSTEM);
    }
}
