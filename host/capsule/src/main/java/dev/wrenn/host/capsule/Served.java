package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.host.disk.ArrivingDisk;
import dev.wrenn.host.disk.ArrivingImage;
import dev.wrenn.host.vmm.VmmException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The disk of a capsule while its template arrives: served to its VM, until all of it is in its
/// file, which the VM then uses like every other. Parts of steps in its mailbox.
final class Served {
    private static final Logger LOG = LoggerFactory.getLogger(Served.class);

    /// How long a pause, or whatever else needs all of the disk, waits for it.
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private static final Duration LOOK = Duration.ofMillis(200); // whether the end was asked for
    private static final Duration AGAIN = Duration.ofSeconds(5);

    private Served() {}

    /// Makes the disk.
    static void make(Capsule capsule, ArrivingImage image) {
        var size = capsule.record().request().spec().disk();
        try {
            begin(capsule, capsule.house.rooms().storage().serve(disk(capsule), size, image));
        } catch (IOException e) {
            throw new CapsuleException("its disk could not be made: " + e.getMessage(), e);
        }
        Bringing.check(capsule);
    }

    /// Serves it to a VM that an earlier life of the agent left, if there is one that needs it.
    ///
    /// @throws CapsuleException when that cannot be
    static void again(Capsule capsule) {
        var disk = disk(capsule);
        if (!ArrivingDisk.exists(disk)) return;
        var request = capsule.record().request();
        try {
            var image = capsule.house.arrivals().find(request.team(), request.template());
            if (image.isPresent() && !ArrivingDisk.isOf(disk, image.get()))
                image = Optional.empty();
            begin(capsule, capsule.house.rooms().storage().serveAgain(disk, image));
            LOG.atInfo().addKeyValue("capsule", capsule.id).log("its disk is served again");
        } catch (IOException e) {
            throw new CapsuleException("its disk cannot be served again: " + e.getMessage(), e);
        }
    }

    private static void begin(Capsule capsule, ArrivingDisk disk) {
        capsule.serve(disk);
        var _ =
                disk.whole()
                        .whenComplete((_, failure) ->
                                capsule.submit(() -> {
                                    if (capsule.served() != disk) return;
                                    if (failure == null) toFile(capsule, disk);
                                    else if (capsule.record().phase().isLive())
                                        Ending.stop(capsule, words(failure));
                                }));
    }

    private static String words(Throwable failure) {
        return "the rest of its template did not arrive: " + failure.getMessage();
    }

    /// Gives the VM the file; tried again later when the VMM does not take it now.
    private static void toFile(Capsule capsule, ArrivingDisk disk) {
        var vm = capsule.vm();
        if (vm == null) return;
        try {
            vm.useFile(disk(capsule));
        } catch (VmmException e) {
            LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("still served");
            CompletableFuture.delayedExecutor(AGAIN.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() ->
                            capsule.submit(() -> {
                                if (capsule.served() == disk) toFile(capsule, disk);
                            }));
            return;
        }
        capsule.serve(null);
        disk.close();
        try {
            ArrivingDisk.removeBeside(disk(capsule));
        } catch (IOException e) { // goes with the capsule
            LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("files are left");
        }
        LOG.atInfo().addKeyValue("capsule", capsule.id).log("all of its disk is here");
    }

    /// Waits until all of the disk is in its file.
    ///
    /// @throws CapsuleException when that takes too long, or the capsule is to end
    static void awaitFile(Capsule capsule) {
        var disk = capsule.served();
        if (disk == null) return;
        var deadline = Deadline.after(PATIENCE);
        while (true) {
            try {
                disk.whole().get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
                break;
            } catch (TimeoutException e) {
                var doom = capsule.doom();
                if (doom != null) throw new CapsuleException(doom, e);
                if (deadline.passed())
                    throw new CapsuleException(
                            "its disk has not arrived yet: try again in a while", e);
            } catch (ExecutionException e) {
                var cause = e.getCause();
                throw new CapsuleException(words(cause == null ? e : cause), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CapsuleException("interrupted", e);
            }
        }
        toFile(capsule, disk);
        if (capsule.served() != null) throw new CapsuleException("its disk is still served");
    }

    /// Serves it no more, as long as no later life of the agent does. Its VM waits.
    static void leave(Capsule capsule) {
        var disk = capsule.served();
        capsule.serve(null);
        if (disk != null) disk.close();
    }

    private static Path disk(Capsule capsule) {
        return capsule.house.records().directory(capsule.id).resolve(FileRecords.DISK);
    }
}
