package dev.wrenn.host.capsule;

import dev.wrenn.host.vmm.Exit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The ways out of life. Each is a step in the capsule's mailbox and can be repeated.
final class Ending {
    private static final Logger LOG = LoggerFactory.getLogger(Ending.class);

    private Ending() {}

    /// The VM ended by itself.
    static void exited(Capsule capsule, Exit how) {
        if (!capsule.record().phase().isLive()) return; // that is why it ended
        LOG.atWarn()
                .addKeyValue("capsule", capsule.id)
                .addKeyValue("cause", how.cause())
                .log("VM ended");
        stop(capsule, how.cause());
    }

    /// Ends the VM and releases everything; the record stays and says why.
    ///
    /// @throws RuntimeException when the VM cannot be ended; nothing was given away then
    static void stop(Capsule capsule, String cause) {
        var client = capsule.guest();
        if (client != null) client.close(cause);
        var vm = capsule.vm();
        if (vm != null) vm.kill();
        writeStopped(capsule, cause);
        capsule.letGo();
        capsule.settle();
        removeDisk(capsule);
        capsule.house.images().tidy(capsule.id, null);
    }

    /// The image of a paused capsule is damaged: it cannot run again, but nothing of it is removed
    /// before somebody destroys it.
    static void spoil(Capsule capsule, String cause) {
        var next = capsule.record().spoiled(cause);
        try {
            capsule.persist(next);
        } catch (RuntimeException e) { // after a crash it is paused again, and found damaged again
            LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("not durable");
            capsule.force(next);
        }
        capsule.letGo();
    }

    static DestroyOutcome destroy(Capsule capsule) {
        var house = capsule.house;
        try {
            if (capsule.hasRecord() && capsule.record().phase() != Phase.DESTROYING)
                markDestroying(capsule);
            var client = capsule.guest();
            if (client != null) client.close("destroyed");
            var vm = capsule.vm();
            if (vm != null) vm.kill();
            house.images().keepOnly(capsule.id, null);
            house.records().forget(capsule.id);
            capsule.letGo();
            house.capsules().remove(capsule.id, capsule);
            house.feed().remove(capsule.id, capsule.record().request().incarnation());
            LOG.atInfo().addKeyValue("capsule", capsule.id).log("destroyed");
            return new DestroyOutcome.Destroyed();
        } catch (RuntimeException e) {
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("destroy failed");
            return new DestroyOutcome.Failed(String.valueOf(e.getMessage()));
        }
    }

    /// A full disk must not keep a capsule alive: without the mark, a crash before the end of this
    /// destroy only means that it must be asked for again.
    private static void markDestroying(Capsule capsule) {
        var next = capsule.record().destroying();
        try {
            capsule.persist(next);
        } catch (RuntimeException e) {
            LOG.atWarn()
                    .addKeyValue("capsule", capsule.id)
                    .setCause(e)
                    .log("destroying without a durable mark");
            capsule.force(next);
        }
    }

    /// When the disk is full, the capsule's own disk makes room for the record.
    private static void writeStopped(Capsule capsule, String cause) {
        var next = capsule.record().stopped(cause);
        try {
            capsule.persist(next);
        } catch (RuntimeException e) {
            removeDisk(capsule);
            try {
                capsule.persist(next);
            } catch (RuntimeException again) {
                LOG.atError()
                        .addKeyValue("capsule", capsule.id)
                        .setCause(again)
                        .log("end of the capsule is not durable");
                capsule.force(next);
            }
        }
    }

    private static void removeDisk(Capsule capsule) {
        try {
            capsule.house.records().removeDisk(capsule.id);
        } catch (RuntimeException e) {
            LOG.atWarn()
                    .addKeyValue("capsule", capsule.id)
                    .setCause(e)
                    .log("disk is left until the capsule is destroyed");
        }
    }
}
