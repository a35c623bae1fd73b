package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.disk.ArrivingImage;
import dev.wrenn.host.disk.DiskFullException;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.disk.TemplateImage;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.memory.ImageStore;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.network.SlotsExhausted;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way of a capsule from nothing to running; a step in its mailbox.
///
/// A template with memory is restored. One that is only a disk gets a VM that waits, is restored
/// from its warm image where none waits, or booted cold where there is no image yet, which leaves
/// one behind.
final class Booting {
    private static final Logger LOG = LoggerFactory.getLogger(Booting.class);

    private final Capsule capsule;
    private final House house;
    private Stopwatch watch = new Stopwatch();

    Booting(Capsule capsule) {
        this.capsule = capsule;
        this.house = capsule.house;
    }

    /// From nothing. Before the first record is written a failure leaves nothing behind; after
    /// that, a stopped capsule that says why.
    void fresh(TemplateImage template, KernelImage kernel) {
        try (var _ = house.waiting().boots()) {
            Bringing.check(capsule);
            house.records().prepare(capsule.id);
            var snapshot = template.snapshot();
            if (snapshot.isPresent()) {
                fromSnapshot(snapshot.get(), kernel);
                return;
            }
            var spec = capsule.record().request().spec();
            var key = WarmImages.key(template, kernel, spec, house.rooms().vmm().machine());
            var recipe = new WaitingVms.Recipe(key, spec, template.template(), kernel);
            if (fromWaiting(recipe) || fromWarm(key, kernel)) return;
            Bringing.disk(capsule, template.rootfs());
            cold(kernel, Optional.of(key));
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /// From nothing, with a template that still arrives: cold, and without leaving a warm image.
    void arriving(ArrivingImage image, KernelImage kernel) {
        var hold = image.hold();
        if (hold.isEmpty()) { // whole, or removed, since it was found
            var request = capsule.record().request();
            var whole = house.rooms().storage().template(request.team(), request.template());
            if (whole.isPresent()) fresh(whole.get(), kernel);
            else failed(new BootFailure("its template was removed"));
            return;
        }
        try (var _ = hold.get();
                var _ = house.waiting().boots()) {
            Bringing.check(capsule);
            house.records().prepare(capsule.id);
            Served.make(capsule, image);
            cold(kernel, Optional.empty());
            LOG.atInfo()
                    .addKeyValue("capsule", capsule.id)
                    .addKeyValue("fetched", image.fetched())
                    .addKeyValue("of", image.outline().bytes())
                    .log("runs while its template arrives");
        } catch (RuntimeException e) {
            var trouble = image.trouble();
            failed(trouble == null ? e : new BootFailure(Bringing.words(e) + ": " + trouble, e));
        }
    }

    /// After a restart of the agent: the VM is there, the guest may or may not have its identity.
    void adopted() {
        try {
            var number = capsule.record().image();
            var known = number == null ? Optional.<Secret>empty() : token(number);
            var egress = capsule.record().request().egress();
            house.rooms().network().restore(Bringing.slotOf(capsule), egress);
            Bringing.vm(capsule).resume(); // a restored one may still stand where it was saved
            var version = Bringing.health(capsule);
            Bringing.init(capsule, known);
            capsule.force(capsule.record().withMetadata(Map.of("envd_version", version)));
            Bringing.entrypoint(capsule);
            Bringing.running(capsule);
            capsule.settle();
            Bringing.report(capsule, number == null ? "cold" : "warm", watch);
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private Optional<Secret> token(int number) {
        try {
            return ImageNotes.read(house.images().load(capsule.id, number)).token();
        } catch (IOException | CorruptImageException e) {
            throw new BootFailure("its memory image cannot be read: " + e.getMessage(), e);
        }
    }

    private void fromSnapshot(Path directory, KernelImage kernel) {
        try {
            var image = ImageStore.load(directory);
            var difference =
                    Machines.difference(image.manifest().machine(), house.rooms().vmm().machine());
            if (difference.isPresent()) throw new BootFailure(difference.get());
            restore(image, directory, kernel, "snapshot");
        } catch (CorruptImageException e) {
            throw new BootFailure("the template's memory image is damaged: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new CapsuleException("the template's memory image: " + e.getMessage(), e);
        }
    }

    /// @return false when a restore must follow
    private boolean fromWaiting(WaitingVms.Recipe recipe) {
        var waiting = house.waiting().take(recipe);
        if (waiting.isEmpty()) return false;
        var before = capsule.record();
        try {
            take(waiting.get(), recipe.kernel());
            return true;
        } catch (IOException | CorruptImageException | RuntimeException e) {
            if (capsule.doom() != null || capsule.record().phase() == Phase.RUNNING)
                throw e instanceof RuntimeException r ? r : new CapsuleException("waiting VM", e);
            LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("waiting VM unusable");
            house.meters().boot("waiting", "fallback");
            undo(before);
            house.records().prepare(capsule.id);
            return false;
        }
    }

    private void take(WaitingVm waiting, KernelImage kernel)
            throws IOException, CorruptImageException {
        waiting.give(capsule);
        watch.lap("take");
        house.images().directory(capsule.id);
        var image = ImageStore.link(waiting.image(), house.images().at(capsule.id, 0), false);
        var notes = ImageNotes.read(image);
        capsule.descendFrom(new Ancestry(Ancestry.Kind.FILE, image, true));
        capsule.note(
                Bringing.held(capsule, Ancestry.Kind.FILE)
                        .withImage(0)
                        .withMetadata(notes.metadata())
                        .withMetadata(Bringing.versions(capsule, kernel))
                        .withMetadata(kernelOf(notes)));
        watch.lap("record");
        Bringing.goOn(capsule, Optional.empty());
        arrived("waiting");
    }

    /// @return false when a cold boot must follow
    private boolean fromWarm(String key, KernelImage kernel) {
        var warm = house.warm().find(key);
        if (warm.isEmpty()) return false;
        var before = capsule.record();
        try {
            var difference =
                    Machines.difference(
                            warm.get().manifest().machine(), house.rooms().vmm().machine());
            if (difference.isPresent()) throw new BootFailure(difference.get());
            restore(warm.get(), house.warm().hints(key), kernel, "warm");
            return true;
        } catch (DiskFullException | SlotsExhausted e) {
            throw e;
        } catch (IOException | CorruptImageException | RuntimeException e) {
            if (capsule.doom() != null || capsule.record().phase() == Phase.RUNNING)
                throw e instanceof RuntimeException r ? r : new CapsuleException("restore", e);
            LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("warm image unusable");
            house.meters().boot("warm", "fallback");
            house.warm().drop(key);
            house.waiting().drop(key);
            house.trusted().remove(house.warm().hints(key));
            undo(before);
            return false;
        }
    }

    /// Back to before the first step of a restore.
    private void undo(CapsuleRecord before) {
        Bringing.noProbe(capsule);
        var client = capsule.guest();
        if (client != null) client.close("its VM is started again");
        var vm = capsule.vm();
        if (vm != null) vm.kill();
        capsule.releaseVm();
        if (capsule.hasRecord()) capsule.note(before.cold());
        else capsule.force(before.cold());
        house.images().keepOnly(capsule.id, null);
        capsule.descendFrom(new Ancestry(Ancestry.Kind.FRESH, null, true));
        watch = new Stopwatch();
    }

    private void restore(LoadedImage from, Path hints, KernelImage kernel, String kind)
            throws IOException, CorruptImageException {
        house.images().directory(capsule.id);
        var image = ImageStore.link(from, house.images().at(capsule.id, 0), false);
        var notes = ImageNotes.read(image);
        capsule.force(capsule.record().withImage(0));
        boolean trusted = house.trusted().contains(from.directory());
        var restore = new Restore(capsule, image, trusted);
        Bringing.disk(capsule, image.disk());
        watch.lap("clone");
        Bringing.slot(capsule);
        watch.lap("slot");
        capsule.note(
                capsule.record()
                        .withMetadata(notes.metadata())
                        .withMetadata(Bringing.versions(capsule, kernel))
                        .withMetadata(kernelOf(notes)));
        watch.lap("record");
        var memory = restore.start(kernel, hints);
        watch.lap("restore");
        restore.awaitCheck();
        house.trusted().add(from.directory());
        watch.lap("check");
        capsule.note(Bringing.held(capsule, memory));
        Bringing.goOn(capsule, notes.token());
        arrived(kind);
    }

    private void arrived(String kind) {
        watch.lap("init");
        Bringing.entrypoint(capsule);
        Bringing.running(capsule);
        watch.lap("commit");
        capsule.settle();
        Bringing.report(capsule, kind, watch);
        remember();
    }

    /// The kernel that runs is the one in the memory, not the newest of the host.
    private static Map<String, String> kernelOf(ImageNotes notes) {
        var kernel = notes.metadata().get("kernel_version");
        return kernel == null ? Map.of() : Map.of("kernel_version", kernel);
    }

    /// Boots with a disk that is there.
    ///
    /// @param key of the warm image that is to be left; empty for none
    private void cold(KernelImage kernel, Optional<String> key) {
        watch.lap("clone");
        Bringing.slot(capsule);
        watch.lap("slot");
        capsule.note(capsule.record().withMetadata(Bringing.versions(capsule, kernel)));
        watch.lap("record");
        start(kernel);
        watch.lap("spawn");
        Bringing.client(capsule);
        // On disk while the guest boots: costs no time.
        capsule.persist(Bringing.held(capsule, Ancestry.Kind.FRESH));
        var version = Bringing.health(capsule);
        watch.lap("health");
        capsule.force(capsule.record().withMetadata(Map.of("envd_version", version)));
        boolean leaves = key.isPresent() && house.warm().claim(key.get());
        try (var save = leaves ? warm(key.get()) : null) {
            watch.lap("save");
            Bringing.init(capsule, Optional.empty());
            watch.lap("init");
            Bringing.entrypoint(capsule);
            Bringing.running(capsule);
            watch.lap("commit");
            capsule.settle();
            Bringing.report(capsule, capsule.served() == null ? "cold" : "arriving", watch);
            if (save != null) keep(key.orElseThrow(), save);
        }
    }

    private void start(KernelImage kernel) {
        var slot = Bringing.slotOf(capsule);
        Bringing.policies(capsule);
        Bringing.check(capsule);
        try (var tap = house.rooms().network().openTap(slot)) {
            var spec = capsule.record().request().spec();
            var vm =
                    Bringing.vmSpec(
                                    capsule.id,
                                    spec,
                                    kernel,
                                    slot,
                                    tap,
                                    house.records().directory(capsule.id))
                            .of(capsule.record().request().template().toString());
            var served = capsule.served();
            if (served != null) vm = vm.servedAt(served.socket());
            capsule.hold(house.rooms().vmm().boot(vm));
        }
    }

    /// Copies the guest while it knows nothing of its capsule. Nobody waits for a warm image: one
    /// that cannot be made is made by the next boot.
    private @Nullable Save warm(String key) {
        Save save = null;
        try {
            save = Save.begin(capsule);
            save.take(false);
            save.goOn();
            return save;
        } catch (IOException | CorruptImageException | RuntimeException e) {
            if (save != null) save.close();
            notWarm(key, e);
            Bringing.check(capsule);
            return null;
        }
    }

    /// Behind the boot, which nobody waits for any more: the image becomes durable, and the one
    /// that the capsule's own next save builds on.
    private void keep(String key, Save save) {
        try {
            var image = save.publish(Optional.empty());
            capsule.note(capsule.record().withImage(save.number()));
            capsule.descendFrom(capsule.ancestry().savedAs(image));
            var kept = house.warm().made(key, image);
            house.trusted().add(kept.directory());
            save.report("warm");
        } catch (IOException | CorruptImageException | RuntimeException e) {
            notWarm(key, e);
        }
    }

    private void notWarm(String key, Exception e) {
        house.warm().notMade(key);
        house.meters().saved("warm", "failed");
        LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("no warm image");
    }

    /// What was only noted becomes durable, with nobody waiting.
    private void remember() {
        try {
            house.records().write(capsule.record());
        } catch (RuntimeException e) {
            LOG.atWarn().addKeyValue("capsule", capsule.id).setCause(e).log("record not durable");
        }
    }

    private void failed(RuntimeException e) {
        Bringing.noProbe(capsule);
        var doom = capsule.doom();
        var exit = capsule.exit();
        var cause = doom != null ? doom : exit != null ? exit.cause() : Bringing.words(e);
        house.meters().boot("cold", doom == null ? "failed" : "canceled");
        var log = LOG.atWarn().addKeyValue("capsule", capsule.id).addKeyValue("cause", cause);
        if (!(e instanceof BootFailure)) log = log.setCause(e);
        log.log("boot failed");
        if (capsule.hasRecord()) {
            stop(cause);
            return;
        }
        try {
            house.images().keepOnly(capsule.id, null);
            house.records().forget(capsule.id);
        } catch (RuntimeException left) {
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(left).log("files are left");
        }
        capsule.letGo();
        house.capsules().remove(capsule.id, capsule);
        capsule.settle(
                switch (e) {
                    case DiskFullException full -> new CreateOutcome.DiskFull(Bringing.words(full));
                    case SlotsExhausted none -> new CreateOutcome.NoRoom(Bringing.words(none));
                    default -> new CreateOutcome.Failed(cause);
                });
    }

    private void stop(String cause) {
        try {
            Ending.stop(capsule, cause);
        } catch (RuntimeException e) { // it still holds its VM: a destroy tries again
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("cannot be stopped");
            capsule.settle(new CreateOutcome.Failed(cause));
        }
    }
}
