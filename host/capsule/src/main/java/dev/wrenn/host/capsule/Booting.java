package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.runtime.Build;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.host.disk.DiskException;
import dev.wrenn.host.disk.DiskFullException;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.disk.TemplateImage;
import dev.wrenn.host.guest.GuestIdentity;
import dev.wrenn.host.guest.HealthProbe;
import dev.wrenn.host.guest.InitOutcome;
import dev.wrenn.host.network.NetworkException;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.network.SlotsExhausted;
import dev.wrenn.host.vmm.VmSpec;
import dev.wrenn.host.vmm.VmmException;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The way of a capsule from nothing to running; a step in its mailbox.
final class Booting {
    private static final Logger LOG = LoggerFactory.getLogger(Booting.class);
    private static final String HOSTNAME = "capsule"; // spec of the guest image

    private final Capsule capsule;
    private final House house;
    private final Stopwatch watch = new Stopwatch();

    Booting(Capsule capsule) {
        this.capsule = capsule;
        this.house = capsule.house;
    }

    /// A boot that did not succeed, with the cause in words.
    private static final class BootFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BootFailure(String cause) {
            super(cause);
        }
    }

    /// From nothing. Before the first record is written a failure leaves nothing behind; after
    /// that, a stopped capsule that says why.
    void fresh(TemplateImage template, KernelImage kernel) {
        try {
            var record = prepare(template, kernel);
            start(record, kernel);
            bringUp();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    /// After a restart of the agent: the VM runs, the guest may or may not have its identity.
    void resume() {
        try {
            bringUp();
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private CapsuleRecord prepare(TemplateImage template, KernelImage kernel) {
        var id = capsule.id;
        var rooms = house.rooms();
        goOn();
        house.records().prepare(id);
        rooms.storage()
                .clone(
                        template,
                        house.records().directory(id).resolve(FileRecords.DISK),
                        capsule.record().request().spec().disk());
        watch.lap("clone");
        goOn();
        var slot = rooms.network().take();
        capsule.hold(slot);
        watch.lap("slot");
        var vmm = rooms.vmm();
        var record =
                capsule.record()
                        .withSlot(slot.index())
                        .withMetadata("kernel_version", kernel.version())
                        .withMetadata("vmm_version", vmm.name() + " " + vmm.version())
                        .withMetadata("accel", vmm.accel().kind().word())
                        .withMetadata("agent_version", Build.VERSION);
        capsule.note(record);
        watch.lap("record");
        return record;
    }

    private void start(CapsuleRecord record, KernelImage kernel) {
        var rooms = house.rooms();
        var slot = slot();
        goOn();
        try (var tap = rooms.network().openTap(slot)) {
            var directory = house.records().directory(capsule.id);
            var spec = record.request().spec();
            capsule.hold(
                    rooms.vmm()
                            .boot(
                                    new VmSpec(
                                            capsule.id,
                                            spec.vcpus(),
                                            spec.memory(),
                                            kernel.vmlinux(),
                                            kernel.initramfs(),
                                            slot.kernelArguments(),
                                            directory.resolve(FileRecords.DISK),
                                            tap,
                                            slot.guestMac(),
                                            slot.vmmUid(),
                                            directory)));
        }
        watch.lap("spawn");
    }

    /// The VM runs; ends with a running capsule.
    private void bringUp() {
        var vm = capsule.vm();
        if (vm == null) throw new BootFailure("there is no VM");
        var client = house.rooms().guests().client(slot(), capsule.record().token());
        capsule.talkTo(client);
        // On disk while the guest boots: costs no time.
        capsule.persist(capsule.record().withVm(vm.record()));
        var probe = client.probe();
        capsule.waitWith(probe);
        var health = probe.await(Deadline.after(house.config().bootLimit()));
        capsule.waitWith(null);
        goOn();
        var version =
                switch (health) {
                    case HealthProbe.Outcome.Up(var it) -> it;
                    case HealthProbe.Outcome.Late(var waited) ->
                            throw new BootFailure(
                                    "the guest did not answer within " + waited.toSeconds() + " s");
                    case HealthProbe.Outcome.Canceled _ -> throw new BootFailure("canceled");
                };
        watch.lap("health");
        switch (client.init(identity())) {
            case InitOutcome.Ready _ -> {}
            case InitOutcome.Refused(var status) ->
                    throw new BootFailure("the guest refused its identity: " + status);
            case InitOutcome.Unreachable(var reason) ->
                    throw new BootFailure("the guest did not take its identity: " + reason);
        }
        watch.lap("init");
        goOn();
        capsule.activity.touch();
        capsule.note(
                capsule.record()
                        .withMetadata("envd_version", version)
                        .running(house.clock().instant()));
        watch.lap("commit");
        capsule.settle();
        report();
    }

    private GuestIdentity identity() {
        var request = capsule.record().request();
        return new GuestIdentity(
                capsule.id.toString(),
                request.template().toString(),
                request.user(),
                request.env(),
                HOSTNAME,
                machineId(capsule.id),
                house.config().dns());
    }

    /// machine-id(5): 32 hex digits; the capsule's own UUID is as unique as one can be.
    private static String machineId(CapsuleId id) {
        var hex = HexFormat.of();
        return hex.toHexDigits(id.value().getMostSignificantBits())
                + hex.toHexDigits(id.value().getLeastSignificantBits());
    }

    private Slot slot() {
        var slot = capsule.slot();
        if (slot == null) throw new BootFailure("there is no network slot");
        return slot;
    }

    /// @throws BootFailure when somebody or something ended the capsule meanwhile
    private void goOn() {
        var doom = capsule.doom();
        if (doom != null) throw new BootFailure(doom);
        var exit = capsule.exit();
        if (exit != null) throw new BootFailure(exit.cause());
    }

    private void failed(RuntimeException e) {
        capsule.waitWith(null);
        var doom = capsule.doom();
        var exit = capsule.exit();
        var cause = doom != null ? doom : exit != null ? exit.cause() : words(e);
        house.meters().boot(doom == null ? "failed" : "canceled");
        var log = LOG.atWarn().addKeyValue("capsule", capsule.id).addKeyValue("cause", cause);
        if (!(e instanceof BootFailure)) log = log.setCause(e);
        log.log("boot failed");
        if (capsule.hasRecord()) {
            stop(cause);
            return;
        }
        try {
            house.records().forget(capsule.id);
        } catch (RuntimeException left) {
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(left).log("files are left");
        }
        capsule.letGo();
        house.capsules().remove(capsule.id, capsule);
        capsule.settle(
                switch (e) {
                    case DiskFullException full -> new CreateOutcome.DiskFull(words(full));
                    case SlotsExhausted none -> new CreateOutcome.NoRoom(words(none));
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

    private static String words(RuntimeException e) {
        var message = String.valueOf(e.getMessage());
        return switch (e) {
            case BootFailure _, VmmException _, DiskFullException _, SlotsExhausted _ -> message;
            case DiskException _ -> "its disk could not be made: " + message;
            case NetworkException _ -> "its network could not be made: " + message;
            default -> message;
        };
    }

    private void report() {
        house.meters().boot("running");
        watch.laps().forEach(house.meters()::phase);
        house.meters().phase("total", watch.total());
        LOG.atInfo()
                .addKeyValue("capsule", capsule.id)
                .addKeyValue("total_ms", watch.total().toMillis())
                .addKeyValue("phases_ms", watch)
                .log("running");
    }
}
