package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.disk.ArrivingDisk;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.guest.HealthProbe;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.Exit;
import dev.wrenn.host.vmm.VmProcess;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The actor of one capsule. Lifecycle steps run in its mailbox, one at a time, and they alone
/// change its fields; other threads read the volatile ones and call the methods that say so.
final class Capsule {
    static final String RESTARTED = "the host agent restarted during boot";

    private static final Logger LOG = LoggerFactory.getLogger(Capsule.class);

    final House house;
    final CapsuleId id;
    final Activity activity;
    private final Mailbox mailbox;
    private final AtomicBoolean admitted = new AtomicBoolean();
    private final CompletableFuture<CreateOutcome> settled = new CompletableFuture<>();

    private volatile CapsuleRecord record;
    private volatile @Nullable Slot slot;
    private volatile @Nullable VmProcess vm;
    private volatile @Nullable GuestClient guest;
    private volatile @Nullable HealthProbe probe;
    private volatile @Nullable Exit exit;
    private volatile @Nullable ArrivingDisk served; // its disk, while not all of it is here
    private volatile @Nullable String doom; // why it must not go on booting
    private boolean hasRecord; // mailbox only
    private Ancestry ancestry = new Ancestry(Ancestry.Kind.FRESH, null, true); // mailbox only

    private @Nullable CompletableFuture<DestroyOutcome> destroyed; // guarded by this
    private @Nullable CompletableFuture<SaveOutcome<CapsuleView>> paused; // guarded by this
    private @Nullable CompletableFuture<ResumeOutcome> resumed; // guarded by this

    /// @param hasRecord true for one that was loaded
    Capsule(House house, CapsuleRecord record, boolean hasRecord) {
        this.house = house;
        this.record = record;
        this.hasRecord = hasRecord;
        this.id = record.request().id();
        this.activity = new Activity(house.clock());
        this.mailbox = new Mailbox(id.toString());
    }

    // ---- for any thread -------------------------------------------------------------------------

    CapsuleRecord record() {
        return record;
    }

    CapsuleView view() {
        var seen = record;
        var place = slot;
        return new CapsuleView(
                seen.request(),
                seen.phase(),
                seen.cause(),
                place == null || seen.slot() == null ? null : place.hostIp(),
                seen.createdAt(),
                seen.startedAt(),
                activity.last(),
                seen.pause(),
                seen.metadata());
    }

    /// Completed when the capsule runs, is stopped, or was refused.
    CompletableFuture<CreateOutcome> settled() {
        return settled;
    }

    Access access() {
        var client = guest;
        var phase = record.phase();
        return phase == Phase.RUNNING && client != null
                ? new Access.Granted(client, activity)
                : new Access.NotRunning(phase);
    }

    /// Runs a step after those that are waiting.
    void submit(Runnable step) {
        mailbox.submit(step);
    }

    /// Marks the promise of memory and vCPUs as made, for this capsule to give back.
    void admitted() {
        admitted.set(true);
    }

    /// Makes a boot that may be running give up soon.
    void giveUp(String why) {
        doom = why;
        var waiting = probe;
        if (waiting != null) waiting.cancel();
        var client = guest;
        if (client != null && record.phase() != Phase.RUNNING) client.close(why);
    }

    /// Asks for the end of the capsule; all who ask wait for the same end.
    synchronized CompletableFuture<DestroyOutcome> destroy() {
        var asked = destroyed;
        if (asked != null && !(asked.isDone() && asked.join() instanceof DestroyOutcome.Failed))
            return asked;
        var outcome = new CompletableFuture<DestroyOutcome>();
        destroyed = outcome;
        giveUp("destroyed while booting");
        submit(() -> outcome.complete(Ending.destroy(this)));
        return outcome;
    }

    /// Asks for a pause; all who ask while one is under way wait for the same.
    synchronized CompletableFuture<SaveOutcome<CapsuleView>> pause(PauseReason why) {
        var asked = paused;
        if (asked != null && !asked.isDone()) return asked;
        var outcome = new CompletableFuture<SaveOutcome<CapsuleView>>();
        paused = outcome;
        answer(outcome, () -> new Saving(this).pause(why));
        return outcome;
    }

    /// Asks for a resume; all who ask for the same life wait for the same.
    synchronized CompletableFuture<ResumeOutcome> resume(long incarnation, Duration idleTimeout) {
        var asked = resumed;
        boolean same = record.request().incarnation() == incarnation;
        if (asked != null && !asked.isDone() && same) return asked;
        var outcome = new CompletableFuture<ResumeOutcome>();
        resumed = outcome;
        answer(outcome, () -> new Resuming(this).run(incarnation, idleTimeout));
        return outcome;
    }

    /// Asks for other policies. They are written down first: a step that fails is asked for again.
    CompletableFuture<CapsuleView> network(Egress policies) {
        var outcome = new CompletableFuture<CapsuleView>();
        answer(
                outcome,
                () -> {
                    if (!record.request().egress().equals(policies))
                        persist(record.under(policies));
                    var place = slot;
                    if (place != null && vm != null) house.rooms().network().apply(place, policies);
                    return view();
                });
        return outcome;
    }

    /// Asks for a template of the disk alone.
    CompletableFuture<SaveOutcome<Long>> flatten(TeamId team, TemplateId template) {
        var outcome = new CompletableFuture<SaveOutcome<Long>>();
        answer(outcome, () -> new Saving(this).flatten(team, template));
        return outcome;
    }

    /// Asks for a snapshot template.
    CompletableFuture<SaveOutcome<SnapshotView>> snapshot(TeamId team, TemplateId template) {
        var outcome = new CompletableFuture<SaveOutcome<SnapshotView>>();
        answer(outcome, () -> new Saving(this).snapshot(team, template));
        return outcome;
    }

    /// A step that somebody waits for; one that ends in no known way fails the wait as well.
    private <T> void answer(CompletableFuture<T> outcome, Supplier<T> step) {
        submit(() -> {
            try {
                outcome.complete(step.get());
            } catch (RuntimeException e) {
                outcome.completeExceptionally(e);
                throw e;
            }
        });
    }

    // ---- for the mailbox ------------------------------------------------------------------------

    Ancestry ancestry() {
        return ancestry;
    }

    void descendFrom(Ancestry newAncestry) {
        ancestry = newAncestry;
    }

    boolean hasRecord() {
        return hasRecord;
    }

    /// Decide, persist, then act: the new record counts once it is on disk.
    void persist(CapsuleRecord next) {
        house.records().write(next);
        hasRecord = true;
        record = next;
        house.feed().publish(view());
    }

    /// Like [#persist], for what a power cut would end anyway.
    void note(CapsuleRecord next) {
        house.records().note(next);
        hasRecord = true;
        record = next;
        house.feed().publish(view());
    }

    /// The new record counts although it could not be written.
    void force(CapsuleRecord next) {
        record = next;
        house.feed().publish(view());
    }

    void settle(CreateOutcome outcome) {
        settled.complete(outcome);
    }

    void settle() {
        settled.complete(new CreateOutcome.Created(view()));
    }

    @Nullable Slot slot() {
        return slot;
    }

    @Nullable VmProcess vm() {
        return vm;
    }

    @Nullable GuestClient guest() {
        return guest;
    }

    @Nullable Exit exit() {
        return exit;
    }

    @Nullable String doom() {
        return doom;
    }

    void hold(Slot newSlot) {
        slot = newSlot;
    }

    /// Takes the VM over and watches for its end.
    void hold(VmProcess process) {
        synchronized (this) {
            exit = null;
            vm = process;
        }
        process.onExit(how -> ended(process, how));
    }

    @Nullable ArrivingDisk served() {
        return served;
    }

    void serve(@Nullable ArrivingDisk disk) {
        served = disk;
    }

    void talkTo(GuestClient client) {
        guest = client;
    }

    void waitWith(@Nullable HealthProbe newProbe) {
        probe = newProbe;
        if (newProbe != null && (doom != null || exit != null)) newProbe.cancel();
    }

    /// Gives back what the capsule held, once each; what cannot be removed is logged, and swept by
    /// owner when the agent starts again.
    void letGo() {
        releaseVm();
        Served.leave(this);
        if (admitted.compareAndSet(true, false)) house.admission().release(record.request().spec());
    }

    /// Ends the VM, if there is one, and gives back all it held.
    ///
    /// @throws RuntimeException when the VM cannot be ended; everything is still held then
    void dropVm() {
        var client = guest;
        if (client != null) client.close("its VM was ended");
        var process = vm;
        if (process != null) process.kill();
        letGo();
    }

    /// Gives back the slot of a VM that has ended; the promise of memory and vCPUs stays.
    void releaseVm() {
        Slot place;
        synchronized (this) {
            guest = null;
            vm = null;
            exit = null;
            place = slot;
            slot = null;
        }
        if (place == null) return;
        try {
            house.rooms().network().release(place);
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("capsule", id)
                    .addKeyValue("slot", place.index())
                    .setCause(e)
                    .log("slot cannot be released");
        }
    }

    /// The end of a VM that the capsule let go before concerns nobody.
    private void ended(VmProcess process, Exit how) {
        synchronized (this) {
            if (vm != process) return;
            exit = how;
        }
        var waiting = probe;
        if (waiting != null) waiting.cancel();
        var client = guest;
        if (client != null) client.close(how.cause());
        house.meters().ended(how.kind().name().toLowerCase(java.util.Locale.ROOT));
        submit(() -> {
            if (vm == process) Ending.exited(this, how);
        });
    }
}
