package dev.wrenn.host.capsule;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.runtime.Build;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.disk.DiskException;
import dev.wrenn.host.disk.DiskFullException;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.guest.AttachEvent;
import dev.wrenn.host.guest.Command;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.guest.HealthProbe;
import dev.wrenn.host.guest.InitOutcome;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.network.NetworkException;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.network.SlotsExhausted;
import dev.wrenn.host.vmm.VmProcess;
import dev.wrenn.host.vmm.VmSpec;
import dev.wrenn.host.vmm.VmmException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What all ways to a running capsule have in common; parts of steps in its mailbox.
final class Bringing {
    private static final Logger LOG = LoggerFactory.getLogger(Bringing.class);

    private static final String ENTRYPOINT = "entrypoint"; // its tag

    private Bringing() {}

    static void disk(Capsule capsule, Path from) {
        var house = capsule.house;
        var own = house.records().directory(capsule.id).resolve(FileRecords.DISK);
        var size = capsule.record().request().spec().disk();
        house.rooms().storage().clone(from, own, size);
        check(capsule);
    }

    /// Its policies hold before its guest runs.
    static void policies(Capsule capsule) {
        var egress = capsule.record().request().egress();
        capsule.house.rooms().network().apply(slotOf(capsule), egress);
    }

    static void slot(Capsule capsule) {
        var slot = take(capsule.house);
        capsule.hold(slot);
        capsule.force(capsule.record().withSlot(slot.index()));
    }

    /// VMs that only wait need no slots as long as capsules do.
    private static Slot take(House house) {
        try {
            return house.rooms().network().take();
        } catch (SlotsExhausted e) {
            if (house.waiting().reclaim() == 0) throw e;
            return house.rooms().network().take();
        }
    }

    /// A VM with fresh memory and its files in a directory.
    static VmSpec vmSpec(
            CapsuleId id, CapsuleSpec spec, KernelImage kernel, Slot slot, Fd tap, Path directory) {
        return new VmSpec(
                id,
                spec.vcpus(),
                spec.memory(),
                kernel.vmlinux(),
                kernel.initramfs(),
                slot.kernelArguments(),
                directory.resolve(FileRecords.DISK),
                tap,
                slot.guestMac(),
                slot.vmmUid(),
                directory);
    }

    /// The record with the VM that the capsule holds.
    static CapsuleRecord held(Capsule capsule, Ancestry.Kind memory) {
        return capsule.record().withMemory(memory).withVm(vm(capsule).record());
    }

    static VmProcess vm(Capsule capsule) {
        var vm = capsule.vm();
        if (vm == null) throw new BootFailure("there is no VM");
        return vm;
    }

    static Slot slotOf(Capsule capsule) {
        var slot = capsule.slot();
        if (slot == null) throw new BootFailure("there is no network slot");
        return slot;
    }

    static Map<String, String> versions(Capsule capsule, KernelImage kernel) {
        var vmm = capsule.house.rooms().vmm();
        return Map.of(
                "kernel_version",
                kernel.version(),
                "vmm_version",
                vmm.name() + " " + vmm.version(),
                "accel",
                vmm.accel().kind().word(),
                "agent_version",
                Build.VERSION);
    }

    /// Waits until a booting guest answers.
    ///
    /// @return version of envd
    static String health(Capsule capsule) {
        var client = client(capsule);
        var probe = client.probe();
        capsule.waitWith(probe);
        var health = probe.await(Deadline.after(capsule.house.config().bootLimit()));
        noProbe(capsule);
        check(capsule);
        return switch (health) {
            case HealthProbe.Outcome.Up(var version) -> version;
            case HealthProbe.Outcome.Late(var waited) ->
                    throw new BootFailure(
                            "the guest did not answer within " + waited.toSeconds() + " s");
            case HealthProbe.Outcome.Canceled _ -> throw new BootFailure("canceled");
        };
    }

    static void noProbe(Capsule capsule) {
        capsule.waitWith(null);
    }

    /// The capsule's way to its guest, made when there is none yet.
    static GuestClient client(Capsule capsule) {
        var client = capsule.guest();
        if (client != null) return client;
        var made = capsule.house.rooms().guests().client(slotOf(capsule), capsule.record().token());
        capsule.talkTo(made);
        return made;
    }

    /// Lets a restored VM go on, and tells its guest who it is before anyone else talks to it.
    ///
    /// @param known the token that the guest in the image asks for, unless it is the capsule's own
    static void goOn(Capsule capsule, Optional<Secret> known) {
        check(capsule);
        policies(capsule);
        vm(capsule).resume();
        init(capsule, known);
    }

    static void init(Capsule capsule, Optional<Secret> known) {
        switch (client(capsule).init(Identity.of(capsule), known)) {
            case InitOutcome.Ready _ -> {}
            case InitOutcome.Refused(var status) ->
                    throw new BootFailure("the guest refused its identity: " + status);
            case InitOutcome.Unreachable(var reason) ->
                    throw new BootFailure("the guest did not take its identity: " + reason);
        }
        check(capsule);
    }

    /// Starts what its template says that it runs. A program that does not start is the capsule's
    /// own affair, as one that ends is. One that an earlier life of the agent started runs already.
    static void entrypoint(Capsule capsule) {
        var words = capsule.record().request().entrypoint();
        if (words.isEmpty()) return;
        var rest = words.subList(1, words.size());
        var command = Command.of(words.getFirst(), rest.toArray(String[]::new));
        try (var attachment = client(capsule).processes().start(command, ENTRYPOINT)) {
            var first = attachment.next();
            if (!(first instanceof AttachEvent.Started) && !(first instanceof AttachEvent.TagTaken))
                LOG.atWarn()
                        .addKeyValue("capsule", capsule.id)
                        .addKeyValue("outcome", first)
                        .log("entrypoint not started");
        } catch (ConnectException e) {
            LOG.atWarn()
                    .addKeyValue("capsule", capsule.id)
                    .addKeyValue("outcome", e.code())
                    .log("entrypoint not started");
        }
    }

    /// The last step.
    static void running(Capsule capsule) {
        capsule.activity.touch();
        capsule.note(capsule.record().running(capsule.house.clock().instant()));
    }

    static void report(Capsule capsule, String kind, Stopwatch watch) {
        var meters = capsule.house.meters();
        meters.boot(kind, "running");
        watch.laps().forEach(meters::phase);
        meters.phase("total", watch.total());
        LOG.atInfo()
                .addKeyValue("capsule", capsule.id)
                .addKeyValue("kind", kind)
                .addKeyValue("total_ms", watch.total().toMillis())
                .addKeyValue("phases_ms", watch)
                .log("running");
    }

    /// @throws BootFailure when somebody or something ended the capsule meanwhile
    static void check(Capsule capsule) {
        var doom = capsule.doom();
        if (doom != null) throw new BootFailure(doom);
        var exit = capsule.exit();
        if (exit != null) throw new BootFailure(exit.cause());
    }

    /// A failure in words for people.
    static String words(Exception e) {
        var message = String.valueOf(e.getMessage());
        return switch (e) {
            case BootFailure _, VmmException _, DiskFullException _, SlotsExhausted _ -> message;
            case DiskException _ -> "its disk could not be made: " + message;
            case NetworkException _ -> "its network could not be made: " + message;
            default -> message;
        };
    }
}
