package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.vmm.MemorySource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Makes a stopped VM of an image, with the image's pages checked beside it. One use.
///
/// Cost: one start of the VMM with some 20 KiB of state; memory comes as it is touched. The check
/// reads every stored page once on a thread of its own, while the VMM starts; of an image with more
/// than can be read within [#CHECK_LIMIT] the rest is checked while the VM runs.
final class Restore {
    private static final Logger LOG = LoggerFactory.getLogger(Restore.class);
    private static final long CHECK_LIMIT_MS = 1000;
    private static final Executor THREADS = task -> Thread.ofVirtual().name("check").start(task);

    private final Capsule capsule;
    private final House house;
    private final LoadedImage image;
    private final CompletableFuture<@Nullable Void> checked;

    /// @param trusted whether this process has checked or written the image's pages itself
    Restore(Capsule capsule, LoadedImage image, boolean trusted) {
        this.capsule = capsule;
        this.house = capsule.house;
        this.image = image;
        this.checked =
                trusted
                        ? CompletableFuture.completedFuture(null)
                        : CompletableFuture.runAsync(this::check, THREADS);
    }

    private void check() {
        try {
            house.rooms().memory().verify(image);
        } catch (CorruptImageException | IOException e) {
            throw new CompletionException(e);
        }
    }

    /// Where the memory comes from: a map of one file, or the pager.
    private Ancestry.Kind plan() {
        boolean flat = image.flatPart().isPresent();
        return flat && house.config().restore() == CapsuleConfig.Restore.AUTO
                ? Ancestry.Kind.FILE
                : Ancestry.Kind.PAGER;
    }

    /// Starts the VMM; the VM is stopped at the instant of the save, and the capsule holds it.
    ///
    /// @param kernel of new VMs, which a restored one does not look at
    /// @param hints directory for what the pager learns
    /// @return how the memory is served
    Ancestry.Kind start(KernelImage kernel, Path hints) {
        var kind = plan();
        try (var opened = new Teardown()) {
            var slot = capsule.slot();
            if (slot == null) throw new CapsuleException("there is no network slot");
            var tap = opened.add(house.rooms().network().openTap(slot));
            Rooms.@Nullable PagerSession session = null;
            MemorySource source;
            if (kind == Ancestry.Kind.FILE) {
                source = new MemorySource.FileMap(image.flatPart().orElseThrow());
            } else {
                session =
                        opened.add(
                                house.rooms().pager().open(capsule.id, image.directory(), hints));
                source = new MemorySource.Pager(session.socket());
            }
            var wish = capsule.record().request().spec();
            var spec =
                    Bringing.vmSpec(
                                    capsule.id,
                                    wish,
                                    kernel,
                                    slot,
                                    tap,
                                    house.records().directory(capsule.id))
                            .of(capsule.record().request().template().toString());
            capsule.hold(house.rooms().vmm().restore(spec.from(source), image.deviceState()));
            var vm = capsule.vm();
            if (session != null && vm != null) session.serves(vm.record().pid());
        }
        capsule.descendFrom(new Ancestry(kind, image, true));
        return kind;
    }

    /// Waits for the check, or lets it go on beside the running VM.
    ///
    /// @throws CorruptImageException when a page is damaged
    void awaitCheck() throws IOException, CorruptImageException {
        try {
            checked.get(CHECK_LIMIT_MS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            checked.whenCompleteAsync((_, failure) -> late(failure), THREADS);
        } catch (java.util.concurrent.ExecutionException e) {
            switch (e.getCause()) {
                case CorruptImageException corrupt -> throw corrupt;
                case IOException io -> throw io;
                case null, default -> throw new CapsuleException("image not checked", e);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CapsuleException("interrupted", e);
        }
    }

    private void late(@Nullable Throwable failure) {
        if (failure == null) return;
        var vm = capsule.vm();
        LOG.atError().addKeyValue("capsule", capsule.id).setCause(failure).log("image is damaged");
        capsule.submit(() -> {
            if (capsule.vm() == vm && capsule.record().phase().isLive())
                Ending.stop(capsule, "its memory image is damaged");
        });
    }
}
