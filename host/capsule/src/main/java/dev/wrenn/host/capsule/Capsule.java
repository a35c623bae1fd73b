package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.guest.GuestClient;
import dev.wrenn.host.guest.HealthProbe;
import dev.wrenn.host.network.Slot;
import dev.wrenn.host.vmm.Exit;
import dev.wrenn.host.vmm.VmProcess;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
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
    private volatile @Nullable String doom; // why it must not go on booting
    private boolean hasRecord; // mailbox only

    private @Nullable CompletableFuture<DestroyOutcome> destroyed; // guarded by this

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
                seen.phase() == Phase.STOPPED || place == null ? null : place.hostIp(),
                seen.createdAt(),
                seen.startedAt(),
                activity.last(),
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

    // ---- for the mailbox ------------------------------------------------------------------------

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
        vm = process;
        process.onExit(this::ended);
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
        guest = null;
        vm = null;
        var place = slot;
        slot = null;
        if (place != null) {
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
        if (admitted.compareAndSet(true, false)) house.admission().release(record.request().spec());
    }

    private void ended(Exit how) {
        exit = how;
        var waiting = probe;
        if (waiting != null) waiting.cancel();
        var client = guest;
        if (client != null) client.close(how.cause());
        house.meters().ended(how.kind().name().toLowerCase(java.util.Locale.ROOT));
        submit(() -> Ending.exited(this, how));
    }
}
