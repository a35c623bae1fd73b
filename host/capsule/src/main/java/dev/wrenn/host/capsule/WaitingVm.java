package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.host.guest.Command;
import dev.wrenn.host.guest.ExecOutcome;
import dev.wrenn.host.guest.InitOutcome;
import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.MemorySource;
import dev.wrenn.host.vmm.VmProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/// A VM of a warm image that stands still until a capsule needs it. Its guest has been given a
/// passing identity and has run one program: what is slow only the first time is over.
///
/// @param id names its directory, which an agent that starts removes
/// @param token what the guest asks for, and will ask for as a capsule's
/// @param image the warm image its memory came from
/// @param all what it holds
record WaitingVm(
        CapsuleId id, Slot slot, VmProcess vm, Secret token, LoadedImage image, Teardown all) {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final Command FIRST = Command.of("true").within(LIMIT);

    /// Restores one; the caller owns it.
    ///
    /// @return empty when there is no image to make it of
    /// @throws RuntimeException with nothing left behind
    static Optional<WaitingVm> restored(House house, WaitingVms.Recipe recipe)
            throws IOException, InterruptedException {
        var image = house.warm().find(recipe.key());
        if (image.isEmpty() || !house.trusted().contains(image.get().directory()))
            return Optional.empty();
        var memory = image.get().flatPart();
        if (memory.isEmpty()) return Optional.empty();
        var id = CapsuleId.random();
        try (var undo = new Teardown()) {
            var slot = prepare(house, recipe, image.get(), id, undo);
            VmProcess vm;
            try (var tap = house.rooms().network().openTap(slot)) {
                var spec =
                        Bringing.vmSpec(
                                        id,
                                        recipe.spec(),
                                        recipe.kernel(),
                                        slot,
                                        tap,
                                        house.records().waiting(id))
                                .of(recipe.template().toString());
                var source = new MemorySource.FileMap(memory.get());
                var state = image.get().deviceState();
                vm = undo.add(house.rooms().vmm().restore(spec.from(source), state));
            }
            var token = GuestToken.random();
            try (var client = house.rooms().guests().client(slot, token)) {
                vm.resume();
                var identity = Identity.passing(house, id, recipe.template());
                var known = ImageNotes.read(image.get()).token();
                if (!(client.init(identity, known) instanceof InitOutcome.Ready))
                    throw new BootFailure("the guest did not take a passing identity");
                if (!(client.exec(FIRST) instanceof ExecOutcome.Finished))
                    throw new BootFailure("the guest runs no program");
                vm.pause();
            }
            return Optional.of(new WaitingVm(id, slot, vm, token, image.get(), undo.keep()));
        }
    }

    /// Directory, disk and slot.
    private static Slot prepare(
            House house, WaitingVms.Recipe recipe, LoadedImage image, CapsuleId id, Teardown undo) {
        var storage = house.rooms().storage();
        storage.requireReserve();
        undo.onClose(() -> house.records().forgetWaiting(id));
        house.records().prepareWaiting(id);
        var disk = house.records().waiting(id).resolve(FileRecords.DISK);
        storage.clone(image.disk(), disk, recipe.spec().disk());
        var slot = house.rooms().network().take();
        undo.onClose(() -> house.rooms().network().release(slot));
        return slot;
    }

    /// Makes it the VM of a capsule, which holds it from now on, with its disk, slot, memory and
    /// token; the guest knows nothing of that yet.
    ///
    /// @throws RuntimeException with what the capsule does not hold given back
    void give(Capsule capsule) {
        try (all) {
            capsule.house.records().take(id, capsule.id);
            vm.assign(capsule.id, capsule.house.records().directory(capsule.id));
            capsule.hold(slot);
            capsule.force(capsule.record().withSlot(slot.index()).withToken(token));
            capsule.hold(vm);
            all.keep();
        }
    }

    /// Ends it and gives everything back.
    ///
    /// @throws RuntimeException when something is left, which an agent that starts removes
    void discard() {
        all.close();
    }
}
