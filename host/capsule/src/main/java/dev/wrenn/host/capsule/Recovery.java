package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.memory.CorruptImageException;
import dev.wrenn.host.network.NetworkException;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.VmProcess;
import dev.wrenn.host.vmm.VmmException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an agent does first: takes back every VM that still runs, ends what was half done, removes
/// what nothing claims. Runs alone, before any request.
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final String DIED_ALONE = "the VM ended while the host agent was away";
    private static final String NO_NETWORK = "its network was gone when the host agent returned";

    private final House house;

    Recovery(House house) {
        this.house = house;
    }

    void run() {
        var found = new ArrayList<Found>();
        var known = new HashSet<CapsuleId>();
        for (var record : house.records().load()) {
            known.add(record.request().id());
            found.add(find(record));
        }
        endStrays(found);
        house.images().sweep(known);
        house.arrivals().recover();
        for (var one : found) settle(one);
    }

    /// A record and what of it still exists.
    private record Found(Capsule capsule, @Nullable VmProcess vm, @Nullable Slot slot) {}

    private Found find(CapsuleRecord record) {
        var capsule = new Capsule(house, record, true);
        var vm = adopt(record);
        if (vm.isEmpty()) return new Found(capsule, null, null);
        var index = record.slot();
        if (index == null) return new Found(capsule, vm.get(), null);
        try {
            return new Found(capsule, vm.get(), house.rooms().network().adopt(index));
        } catch (NetworkException e) {
            LOG.atError()
                    .addKeyValue("capsule", capsule.id)
                    .addKeyValue("slot", index)
                    .setCause(e)
                    .log("slot of a running VM is gone");
            return new Found(capsule, vm.get(), null);
        }
    }

    private Optional<VmProcess> adopt(CapsuleRecord record) {
        var known = record.vm();
        if (known == null) return Optional.empty();
        try {
            return Optional.of(house.rooms().vmm().adopt(known));
        } catch (VmmException e) {
            LOG.atInfo()
                    .addKeyValue("capsule", record.request().id())
                    .addKeyValue("pid", known.pid())
                    .log("VM is gone");
            return Optional.empty();
        }
    }

    /// Slots of this agent that no living VM holds, with whatever process still uses them: a VMM
    /// started just before the kill is in no record yet.
    private void endStrays(List<Found> found) {
        var keep = new HashSet<Integer>();
        for (var one : found) if (one.slot() != null) keep.add(one.slot().index());
        var uids = new HashSet<Integer>();
        for (int index : house.rooms().network().leftovers(keep))
            uids.add(new Slot(index).vmmUid());
        for (var one : found) {
            var index = one.capsule().record().slot();
            // started, but not yet in the record; where the VM is known it is ended in order below
            if (one.vm() == null && index != null && !keep.contains(index))
                uids.add(new Slot(index).vmmUid());
        }
        for (var one : found) if (one.vm() != null) uids.remove(one.vm().record().uid());
        house.rooms().strays().end(uids);
        house.rooms().vmm().forget(uids);
        house.rooms().network().sweep(keep);
    }

    private void settle(Found found) {
        var capsule = found.capsule();
        if (found.slot() != null) capsule.hold(found.slot());
        if (found.vm() != null) capsule.hold(found.vm());
        house.capsules().put(capsule.id, capsule);
        var record = capsule.record();
        boolean whole = found.vm() != null && found.slot() != null;
        switch (record.phase()) {
            case STOPPED -> {
                house.records().removeDisk(capsule.id);
                house.images().tidy(capsule.id, record.image()); // a damaged one is kept
                house.feed().publish(capsule.view());
                capsule.settle();
            }
            case DESTROYING -> {
                house.feed().publish(capsule.view());
                capsule.destroy();
            }
            case BOOTING -> {
                house.feed().publish(capsule.view());
                if (whole && served(capsule)) finishBoot(capsule);
                else stop(capsule, Capsule.RESTARTED);
            }
            case RUNNING -> {
                if (found.vm() != null && found.slot() != null && served(capsule))
                    goOn(capsule, found.slot());
                else stop(capsule, found.vm() == null ? DIED_ALONE : NO_NETWORK);
            }
            case PAUSING -> {
                if (found.vm() != null && found.slot() != null && served(capsule))
                    goOn(capsule, found.slot());
                else if (found.vm() == null
                        && house.images().exists(capsule.id, record.nextImage()))
                    paused(capsule, record.nextImage());
                else stop(capsule, found.vm() == null ? DIED_ALONE : NO_NETWORK);
            }
            case PAUSED -> {
                var number = record.image();
                if (number != null) paused(capsule, number);
            }
            case RESUMING -> {
                var number = record.image();
                if (number != null) paused(capsule, number);
            }
        }
    }

    /// The disk of one whose template still arrives has to be served before its guest goes on.
    private static boolean served(Capsule capsule) {
        try {
            Served.again(capsule);
            return true;
        } catch (CapsuleException e) {
            LOG.atError().addKeyValue("capsule", capsule.id).setCause(e).log("disk not served");
            return false;
        }
    }

    /// The image counts. A resume that was under way did not reach anyone: its VM is ended.
    private void paused(Capsule capsule, int number) {
        house.feed().publish(capsule.view());
        capsule.submit(() -> {
            capsule.dropVm();
            var record = capsule.record();
            if (record.phase() == Phase.RESUMING) {
                capsule.persist(record.stillPaused());
            } else if (record.phase() == Phase.PAUSING) {
                var how =
                        new CapsuleRecord.Pause(
                                PauseReason.ASKED, 0, record.request().incarnation());
                capsule.persist(record.paused(number, how));
            }
            house.records().removeDisk(capsule.id);
            house.images().tidy(capsule.id, number);
            house.feed().publish(capsule.view());
        });
        capsule.settle();
        house.meters().adopted("paused");
    }

    private void goOn(Capsule capsule, Slot slot) {
        admit(capsule);
        capsule.talkTo(house.rooms().guests().client(slot, capsule.record().token()));
        house.feed().publish(capsule.view());
        capsule.settle();
        capsule.submit(() -> descend(capsule));
        house.meters().adopted("running");
        LOG.atInfo().addKeyValue("capsule", capsule.id).log("adopted");
    }

    /// What the next save needs. A pause that was cut off has stopped the VM: it goes on.
    private void descend(Capsule capsule) {
        var record = capsule.record();
        var vm = capsule.vm();
        var slot = capsule.slot();
        if (vm == null || slot == null || !record.phase().isLive()) return;
        house.rooms().network().restore(slot, record.request().egress());
        capsule.descendFrom(ancestry(capsule, record));
        vm.resume();
        if (record.phase() == Phase.PAUSING) capsule.note(record.runningOn());
        house.images().tidy(capsule.id, record.image());
    }

    /// Nobody knows whether the list of written pages is complete: the next save compares.
    private Ancestry ancestry(Capsule capsule, CapsuleRecord record) {
        var kind = record.memory() == null ? Ancestry.Kind.FRESH : record.memory();
        var number = record.image();
        if (number == null) return new Ancestry(kind, null, false);
        try {
            return new Ancestry(kind, house.images().load(capsule.id, number), false);
        } catch (IOException | CorruptImageException e) {
            throw new CapsuleException("image that the memory came from", e);
        }
    }

    private void finishBoot(Capsule capsule) {
        admit(capsule);
        house.meters().adopted("booting");
        LOG.atInfo().addKeyValue("capsule", capsule.id).log("adopted while booting");
        capsule.submit(() -> new Booting(capsule).adopted());
    }

    /// In the capsule's mailbox: one that cannot be ended must not keep the agent from starting.
    private void stop(Capsule capsule, String cause) {
        house.meters().adopted("stopped");
        LOG.atWarn().addKeyValue("capsule", capsule.id).addKeyValue("cause", cause).log("stopped");
        capsule.submit(() -> Ending.stop(capsule, cause));
    }

    private void admit(Capsule capsule) {
        house.admission().force(capsule.record().request().spec());
        capsule.admitted();
    }
}
