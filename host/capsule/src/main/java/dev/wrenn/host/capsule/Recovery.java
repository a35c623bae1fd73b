package dev.wrenn.host.capsule;

import dev.wrenn.host.network.NetworkException;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.VmProcess;
import dev.wrenn.host.vmm.VmmException;
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
        for (var record : house.records().load()) found.add(find(record));
        endStrays(found);
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
        house.rooms().network().sweep(keep);
    }

    private void settle(Found found) {
        var capsule = found.capsule();
        if (found.slot() != null) capsule.hold(found.slot());
        if (found.vm() != null) capsule.hold(found.vm());
        house.capsules().put(capsule.id, capsule);
        var record = capsule.record();
        switch (record.phase()) {
            case STOPPED -> {
                house.records().removeDisk(capsule.id);
                house.feed().publish(capsule.view());
                capsule.settle();
            }
            case DESTROYING -> {
                house.feed().publish(capsule.view());
                capsule.destroy();
            }
            case BOOTING -> {
                house.feed().publish(capsule.view());
                if (found.vm() != null && found.slot() != null) finishBoot(capsule);
                else stop(capsule, Capsule.RESTARTED);
            }
            case RUNNING -> {
                if (found.vm() != null && found.slot() != null) goOn(capsule, found.slot());
                else stop(capsule, found.vm() == null ? DIED_ALONE : NO_NETWORK);
            }
        }
    }

    private void goOn(Capsule capsule, Slot slot) {
        admit(capsule);
        capsule.talkTo(house.rooms().guests().client(slot, capsule.record().token()));
        house.feed().publish(capsule.view());
        capsule.settle();
        house.meters().adopted("running");
        LOG.atInfo().addKeyValue("capsule", capsule.id).log("adopted");
    }

    private void finishBoot(Capsule capsule) {
        admit(capsule);
        house.meters().adopted("booting");
        LOG.atInfo().addKeyValue("capsule", capsule.id).log("adopted while booting");
        capsule.submit(() -> new Booting(capsule).resume());
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
