package dev.wrenn.host.capsule;

import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.LoadedImage;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way of a capsule from paused to running: a step in its mailbox.
///
/// Steps: record(resuming), durably, beside disk clone → slot → VM from the image; then record(+vm)
/// → VM runs → guest's identity, clock, entropy → record(running). The image is not touched:
/// whatever fails or crashes before the last step leaves the capsule paused.
final class Resuming {
    private static final Logger LOG = LoggerFactory.getLogger(Resuming.class);
    private static final String DAMAGED = "its memory image is damaged: ";

    private final Capsule capsule;
    private final House house;
    private final Stopwatch watch = new Stopwatch();

    Resuming(Capsule capsule) {
        this.capsule = capsule;
        this.house = capsule.house;
    }

    ResumeOutcome run(long incarnation, Duration idleTimeout) {
        var record = capsule.record();
        long before = record.request().incarnation();
        if (record.phase() == Phase.RUNNING) return running(record, incarnation);
        if (record.phase() != Phase.PAUSED) return new ResumeOutcome.NotPaused(record.phase());
        if (!isNew(incarnation, record)) return new ResumeOutcome.OtherIncarnation(before);
        try {
            capsule.dropVm(); // of a pause whose last step failed
            house.rooms().storage().requireReserve();
        } catch (RuntimeException e) {
            return Full.isIt(e)
                    ? new ResumeOutcome.DiskFull("the host's disk is full")
                    : new ResumeOutcome.Failed(String.valueOf(e.getMessage()));
        }
        var refused = house.admission().reserve(record.request().spec());
        if (refused.isPresent()) {
            house.meters().boot("resume", "refused");
            return new ResumeOutcome.NoRoom(refused.get());
        }
        capsule.admitted();
        house.waiting().giveWay();
        var next = record.resuming(incarnation, idleTimeout);
        capsule.force(next);
        try (var _ = house.waiting().boots()) {
            bringBack(next);
            return new ResumeOutcome.Running(capsule.view());
        } catch (IOException | CorruptImageException | RuntimeException e) {
            return failed(e);
        }
    }

    /// It runs already: a resume whose answer was lost. Who asks with a newer life believes it
    /// paused, and gets what it asked for.
    private ResumeOutcome running(CapsuleRecord record, long incarnation) {
        long lives = record.request().incarnation();
        if (Long.compareUnsigned(incarnation, lives) < 0)
            return new ResumeOutcome.OtherIncarnation(lives);
        if (incarnation != lives) {
            try {
                capsule.persist(record.livingAs(incarnation));
            } catch (RuntimeException e) {
                return Full.isIt(e)
                        ? new ResumeOutcome.DiskFull("the host's disk is full")
                        : new ResumeOutcome.Failed(String.valueOf(e.getMessage()));
            }
        }
        return new ResumeOutcome.Running(capsule.view());
    }

    /// A life that never ran may be tried again.
    private static boolean isNew(long incarnation, CapsuleRecord record) {
        var pause = record.pause();
        return pause != null
                && Long.compareUnsigned(incarnation, pause.incarnation()) > 0
                && Long.compareUnsigned(incarnation, record.request().incarnation()) >= 0;
    }

    private void bringBack(CapsuleRecord next) throws IOException, CorruptImageException {
        var durable = write(next);
        try {
            var number = next.image();
            if (number == null) throw new CapsuleException("there is no image");
            var image = load(number);
            var restore = new Restore(capsule, image, false);
            Bringing.disk(capsule, image.disk());
            watch.lap("clone");
            Bringing.slot(capsule);
            watch.lap("slot");
            var hints = house.images().directory(capsule.id);
            var kind = restore.start(house.rooms().storage().kernel(), hints);
            watch.lap("restore");
            await(durable);
            restore.awaitCheck();
            watch.lap("check");
            capsule.note(Bringing.held(capsule, kind));
            watch.lap("record");
            Bringing.goOn(capsule, Optional.empty());
            watch.lap("init");
            Bringing.running(capsule);
            watch.lap("commit");
            Bringing.report(capsule, "resume", watch);
        } finally {
            durable.exceptionally(_ -> null).join(); // nothing writes the record beside later steps
        }
    }

    private LoadedImage load(int number) throws IOException, CorruptImageException {
        var image = house.images().load(capsule.id, number);
        var difference =
                Machines.difference(image.manifest().machine(), house.rooms().vmm().machine());
        if (difference.isPresent()) throw new BootFailure(difference.get());
        return image;
    }

    private CompletableFuture<@Nullable Void> write(CapsuleRecord next) {
        return CompletableFuture.runAsync(
                () -> house.records().write(next),
                task -> Thread.ofVirtual().name("record").start(task));
    }

    private static void await(CompletableFuture<@Nullable Void> written) {
        try {
            written.join();
        } catch (CompletionException e) {
            throw new CapsuleException("the record cannot be written", e);
        }
    }

    /// Back to paused, or never to run again.
    private ResumeOutcome failed(Exception e) {
        Bringing.noProbe(capsule);
        var doom = capsule.doom();
        house.meters().boot("resume", doom == null ? "failed" : "canceled");
        LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("resume failed");
        try {
            capsule.dropVm();
        } catch (RuntimeException left) {
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(left).log("VM is left");
        }
        if (e instanceof CorruptImageException) {
            var cause = DAMAGED + e.getMessage();
            Ending.spoil(capsule, cause);
            return new ResumeOutcome.Damaged(cause);
        }
        var paused = capsule.record().stillPaused();
        try {
            capsule.persist(paused);
            house.records().removeDisk(capsule.id);
        } catch (
                RuntimeException
                        unwritten) { // what is on disk says resuming: the same, after a crash
            capsule.force(paused);
        }
        if (doom != null) return new ResumeOutcome.Failed(doom);
        return Full.isIt(e)
                ? new ResumeOutcome.DiskFull("the host's disk is full")
                : new ResumeOutcome.Failed(Bringing.words(e));
    }
}
