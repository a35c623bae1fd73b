package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.host.disk.ArrivingImage;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.disk.DiskException;
import dev.wrenn.host.disk.DiskFullException;
import dev.wrenn.host.memory.ImageStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Every capsule of one host. Thread-safe.
///
/// A VM belongs to the host, not to who asked for it: interrupting a caller ends its wait and
/// nothing else. [#close()] leaves VMs running for the agent's next life.
public final class Capsules implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Capsules.class);
    private static final int TERMINATE_WIDTH = 8;
    private static final String TERMINATED = "the host was shut down";
    private static final String STOPPING = "the host agent is stopping";

    private final House house;
    private final Reaper reaper;
    private final DenialWatch denials;
    private final Sampler sampler;

    /// Snapshot templates that are being made, by their directories.
    private final Map<Path, CompletableFuture<?>> making = new ConcurrentHashMap<>();

    /// Capsules whose images come from another host.
    private final Set<CapsuleId> arriving = ConcurrentHashMap.newKeySet();

    private volatile boolean closing;

    private Capsules(House house) {
        this.house = house;
        this.reaper = Reaper.start(house);
        this.denials = DenialWatch.start(house);
        this.sampler = Sampler.start(house);
    }

    /// Takes back the VMs of an earlier life, removes its leftovers, and is ready.
    ///
    /// @param source of templates that come chunk by chunk
    public static Capsules open(
            CapsuleConfig config, Rooms rooms, ChunkSource source, Metrics metrics, Clock clock) {
        var records = new FileRecords(config.dataDir(), clock);
        return open(config, rooms, records, source, metrics, clock);
    }

    static Capsules open(
            CapsuleConfig config,
            Rooms rooms,
            Records records,
            ChunkSource source,
            Metrics metrics,
            Clock clock) {
        var meters = new CapsuleMeters(metrics);
        boolean served = rooms.vmm().takesServedDisks();
        var admission = new Admission(config);
        var house =
                new House(
                        config,
                        rooms,
                        records,
                        new CapsuleImages(config.dataDir()),
                        new WarmImages(config.dataDir(), config.warmImages()),
                        admission,
                        new WaitingVms(admission, config.waitingVms()),
                        new Arrivals(config.dataDir(), rooms.storage(), served, source, meters),
                        new ChangeFeed(),
                        meters,
                        clock,
                        ConcurrentHashMap.newKeySet(),
                        new ConcurrentHashMap<>());
        new Recovery(house).run();
        for (var phase : Phase.values())
            metrics.gauge(
                    "wrenn_capsules",
                    "Capsules by phase",
                    () -> count(house, phase),
                    "phase",
                    phase.name().toLowerCase(java.util.Locale.ROOT));
        metrics.gauge(
                "wrenn_slots_ready",
                "Network slots that a create gets at once",
                rooms.network()::ready);
        metrics.gauge(
                "wrenn_waiting_vms",
                "VMs restored ahead of the creates they are for",
                house.waiting()::count);
        house.waiting().start(recipe -> WaitingVm.restored(house, recipe));
        return new Capsules(house);
    }

    /// Boots a capsule, or waits for the one that this id and incarnation already has.
    ///
    /// @throws InterruptedException when the caller no longer waits; the boot goes on
    public CreateOutcome create(CapsuleRequest request) throws InterruptedException {
        while (true) {
            if (closing) return new CreateOutcome.NoRoom(STOPPING);
            var existing = house.capsules().get(request.id());
            if (existing == null) {
                var started = start(request);
                if (started.isPresent()) return started.get();
                continue; // somebody else was first
            }
            var record = existing.record();
            long incarnation = record.request().incarnation();
            if (incarnation == request.incarnation() && record.phase() != Phase.DESTROYING)
                return switch (await(existing.settled())) {
                    case CreateOutcome.Created _ -> new CreateOutcome.Created(existing.view());
                    case CreateOutcome refused -> refused;
                };
            boolean over = record.phase() == Phase.STOPPED;
            boolean newer = Long.compareUnsigned(request.incarnation(), incarnation) > 0;
            if (!over || !newer) return new CreateOutcome.OtherIncarnation(incarnation);
            if (await(existing.destroy()) instanceof DestroyOutcome.Failed(var cause))
                return new CreateOutcome.Failed(cause);
        }
    }

    /// @return empty when another create of the same id was first
    private Optional<CreateOutcome> start(CapsuleRequest request) throws InterruptedException {
        var storage = house.rooms().storage();
        try {
            var template = storage.template(request.team(), request.template());
            var arriving =
                    template.isPresent()
                            ? Optional.<ArrivingImage>empty()
                            : house.arrivals().find(request.team(), request.template());
            if (template.isEmpty() && arriving.isEmpty())
                return Optional.of(new CreateOutcome.UnknownTemplate());
            var kernel = storage.kernel();
            storage.requireReserve();
            var capsule =
                    new Capsule(
                            house,
                            CapsuleRecord.booting(
                                    request, GuestToken.random(), house.clock().instant()),
                            false);
            var refused = house.admission().reserve(request.spec());
            if (refused.isPresent()) {
                house.meters().boot("cold", "refused");
                return Optional.of(new CreateOutcome.NoRoom(refused.get()));
            }
            if (house.capsules().putIfAbsent(request.id(), capsule) != null) {
                house.admission().release(request.spec());
                return Optional.empty();
            }
            capsule.admitted();
            house.waiting().giveWay();
            if (template.isPresent())
                capsule.submit(() -> new Booting(capsule).fresh(template.get(), kernel));
            else capsule.submit(() -> new Booting(capsule).arriving(arriving.get(), kernel));
            return Optional.of(await(capsule.settled()));
        } catch (DiskFullException e) {
            house.meters().boot("cold", "refused");
            return Optional.of(new CreateOutcome.DiskFull(String.valueOf(e.getMessage())));
        } catch (DiskException e) {
            LOG.atError().addKeyValue("capsule", request.id()).setCause(e).log("cannot boot");
            return Optional.of(new CreateOutcome.Failed(String.valueOf(e.getMessage())));
        }
    }

    /// Ends a capsule in whichever phase and forgets it; cancels a boot that is running.
    ///
    /// @throws InterruptedException when the caller no longer waits; the end goes on
    public DestroyOutcome destroy(CapsuleId id) throws InterruptedException {
        var capsule = house.capsules().get(id);
        return capsule == null ? new DestroyOutcome.Unknown() : await(capsule.destroy());
    }

    /// The same, unless it is in a later life than that one, which then is none of the caller's.
    ///
    /// @throws InterruptedException when the caller no longer waits; the end goes on
    public DestroyOutcome destroy(CapsuleId id, long upTo) throws InterruptedException {
        var capsule = house.capsules().get(id);
        boolean later =
                capsule != null
                        && Long.compareUnsigned(capsule.record().request().incarnation(), upTo) > 0;
        return later ? new DestroyOutcome.Unknown() : destroy(id);
    }

    /// The image of a capsule that is paused.
    public Optional<SavedImage> saved(CapsuleId id) {
        var capsule = house.capsules().get(id);
        if (capsule == null) return Optional.empty();
        var record = capsule.record();
        var number = record.image();
        if (record.phase() != Phase.PAUSED || number == null) return Optional.empty();
        return Optional.of(new SavedImage(number, house.images().at(id, number)));
    }

    /// The image of a template that is complete.
    public Optional<SavedImage> saved(TeamId team, TemplateId template) {
        return house.rooms()
                .storage()
                .template(team, template)
                .map(image -> new SavedImage(0, image.directory()));
    }

    /// Takes a template that another host made.
    ///
    /// @param image as frames, see [dev.wrenn.host.memory.ImageChunks#receive]
    /// @return allocated bytes; [SaveOutcome.OtherIncarnation] when it is here or on its way
    /// @throws IllegalArgumentException for a zero id
    public SaveOutcome<Long> take(TeamId team, TemplateId template, InputStream image) {
        var directory = house.rooms().storage().snapshot(team, template);
        var outcome = new CompletableFuture<Void>();
        if (making.putIfAbsent(directory, outcome) != null)
            return new SaveOutcome.OtherIncarnation<>(0);
        try {
            return new Arrival(house).template(team, template, image);
        } finally {
            making.remove(directory, outcome);
            outcome.complete(null);
        }
    }

    /// Begins to take a template that another host made, chunk by chunk; creates of it succeed from
    /// then on.
    ///
    /// @param outline SHA-256 of its outline
    /// @return bytes to come; [SaveOutcome.Failed] when this host or this template is not for that
    /// @throws IllegalArgumentException for a zero id
    public SaveOutcome<Long> fetch(TeamId team, TemplateId template, String outline)
            throws InterruptedException {
        if (closing) return new SaveOutcome.Failed<>(STOPPING);
        return house.arrivals().begin(team, template, outline);
    }

    /// Takes over a capsule that was paused on another host. One of an earlier life that is still
    /// here is destroyed first.
    ///
    /// @param request in the life that was paused
    /// @param image as frames, see [dev.wrenn.host.memory.ImageChunks#receive]
    public CreateOutcome takeOver(CapsuleRequest request, InputStream image)
            throws InterruptedException {
        if (closing) return new CreateOutcome.NoRoom(STOPPING);
        if (!arriving.add(request.id()))
            return new CreateOutcome.OtherIncarnation(request.incarnation());
        try {
            return new Arrival(house).run(request, image);
        } finally {
            arriving.remove(request.id());
        }
    }

    /// Saves a running capsule and gives its VM back, or waits for a pause that is under way.
    ///
    /// @throws InterruptedException when the caller no longer waits; the pause goes on
    public SaveOutcome<CapsuleView> pause(CapsuleId id, long incarnation)
            throws InterruptedException {
        var capsule = house.capsules().get(id);
        if (capsule == null) return new SaveOutcome.Unknown<>();
        long lives = capsule.record().request().incarnation();
        if (lives != incarnation) return new SaveOutcome.OtherIncarnation<>(lives);
        return await(capsule.pause(PauseReason.ASKED));
    }

    /// Lets a paused capsule go on, or waits for a resume that is under way.
    ///
    /// @param incarnation the new life
    /// @throws InterruptedException when the caller no longer waits; the resume goes on
    public ResumeOutcome resume(CapsuleId id, long incarnation, Duration idleTimeout)
            throws InterruptedException {
        if (closing) return new ResumeOutcome.NoRoom(STOPPING);
        var capsule = house.capsules().get(id);
        if (capsule == null) return new ResumeOutcome.Unknown();
        return await(capsule.resume(incarnation, idleTimeout));
    }

    /// Replaces the policies of a capsule, also of what it has open; one that is paused has them
    /// when it goes on.
    ///
    /// @return empty when there is no such capsule
    /// @throws InterruptedException when the caller no longer waits; they are replaced
    /// @throws CapsuleException when they could not be; asking again may help
    public Optional<CapsuleView> network(CapsuleId id, Egress policies)
            throws InterruptedException {
        var capsule = house.capsules().get(id);
        return capsule == null ? Optional.empty() : Optional.of(await(capsule.network(policies)));
    }

    /// Makes a snapshot template of a running or paused capsule.
    ///
    /// @throws IllegalArgumentException for a zero id
    /// @throws InterruptedException when the caller no longer waits; the snapshot is made
    public SaveOutcome<SnapshotView> snapshot(CapsuleId id, TeamId team, TemplateId template)
            throws InterruptedException {
        var directory = house.rooms().storage().snapshot(team, template);
        var capsule = house.capsules().get(id);
        if (capsule == null) return new SaveOutcome.Unknown<>();
        var outcome = capsule.snapshot(team, template);
        making.put(directory, outcome);
        var _ = outcome.whenComplete((_, _) -> making.remove(directory, outcome));
        return await(outcome);
    }

    /// Makes a template of the disk alone of a running capsule, which goes on.
    ///
    /// @return allocated bytes
    /// @throws IllegalArgumentException for a zero id
    /// @throws InterruptedException when the caller no longer waits; the template is made
    public SaveOutcome<Long> flatten(CapsuleId id, TeamId team, TemplateId template)
            throws InterruptedException {
        var directory = house.rooms().storage().snapshot(team, template);
        var capsule = house.capsules().get(id);
        if (capsule == null) return new SaveOutcome.Unknown<>();
        var outcome = capsule.flatten(team, template);
        making.put(directory, outcome);
        var _ = outcome.whenComplete((_, _) -> making.remove(directory, outcome));
        return await(outcome);
    }

    /// Removes a snapshot template; one that is not there is fine, one that is being made is waited
    /// for.
    ///
    /// @throws IllegalArgumentException for a zero id
    /// @throws InterruptedException when the caller no longer waits; nothing is removed
    public void deleteSnapshot(TeamId team, TemplateId template) throws InterruptedException {
        var directory = house.rooms().storage().snapshot(team, template);
        var made = making.get(directory);
        if (made != null) awaitEnd(made);
        house.arrivals().drop(team, template, this::needed);
        try {
            if (ImageStore.exists(directory)) ImageStore.remove(directory);
            else house.rooms().storage().unpublish(team, template);
            house.trusted().remove(directory);
        } catch (IOException e) {
            throw new CapsuleException("snapshot cannot be removed", e);
        }
    }

    private boolean needed(ArrivingImage image) {
        return house.capsules().values().stream()
                .map(Capsule::served)
                .anyMatch(disk -> disk != null && disk.needs(image));
    }

    /// The capsule as it is now.
    public Optional<CapsuleView> find(CapsuleId id) {
        return Optional.ofNullable(house.capsules().get(id)).map(Capsule::view);
    }

    /// Every capsule, also stopped ones that are not destroyed yet.
    public List<CapsuleView> list() {
        var views = new ArrayList<CapsuleView>();
        for (var capsule : house.capsules().values()) views.add(capsule.view());
        return views;
    }

    /// A way to talk to the guest; to be closed after use.
    public Access access(CapsuleId id) {
        var capsule = house.capsules().get(id);
        return capsule == null ? new Access.Unknown() : capsule.access();
    }

    /// What a capsule took over the last day.
    ///
    /// @return empty for one that never ran here, or does not run since more than some minutes
    public Optional<MetricTiers> metrics(CapsuleId id) {
        return sampler.tiers(id);
    }

    /// Changes as they happen.
    public ChangeFeed feed() {
        return house.feed();
    }

    /// What is promised and what is left.
    public HostUsage usage() {
        var config = house.config();
        int live = 0;
        for (var capsule : house.capsules().values()) if (capsule.record().phase().isLive()) live++;
        return new HostUsage(
                config.cpus(),
                config.memory(),
                house.admission().memory(),
                house.admission().vcpus(),
                house.admission().memoryLimit(),
                house.admission().vcpuLimit(),
                house.rooms().storage().free(),
                live);
    }

    /// Saves every running capsule and gives its VM back, several at a time, for as long as it
    /// takes. One that cannot be saved runs on.
    ///
    /// @return how many were saved
    public int pauseAll() throws InterruptedException {
        var width = new Semaphore(TERMINATE_WIDTH);
        var saves = new ArrayList<CompletableFuture<SaveOutcome<CapsuleView>>>();
        for (var capsule : house.capsules().values()) {
            if (capsule.record().phase() != Phase.RUNNING) continue;
            width.acquire();
            saves.add(capsule.pause(PauseReason.ISOLATED).whenComplete((_, _) -> width.release()));
        }
        int saved = 0;
        for (var save : saves) if (await(save) instanceof SaveOutcome.Done) saved++;
        return saved;
    }

    /// Ends every VM, several at a time; the records stay and say why. No create succeeds any more.
    public void terminate() throws InterruptedException {
        closing = true;
        house.waiting().close();
        var width = new Semaphore(TERMINATE_WIDTH);
        var ends = new ArrayList<CompletableFuture<Void>>();
        for (var capsule : house.capsules().values()) {
            width.acquire();
            var end = new CompletableFuture<Void>();
            ends.add(end);
            capsule.giveUp(TERMINATED);
            capsule.submit(() -> {
                try {
                    if (capsule.record().phase().isLive()) Ending.stop(capsule, TERMINATED);
                } finally {
                    width.release();
                    end.complete(null);
                }
            });
        }
        for (var end : ends) await(end);
    }

    /// Stops accepting; VMs go on running.
    @Override
    public void close() {
        closing = true;
        house.waiting().close();
        reaper.close();
        denials.close();
        sampler.close();
        for (var capsule : house.capsules().values()) {
            var vm = capsule.vm();
            if (vm != null) vm.detach();
            Served.leave(capsule);
        }
        house.arrivals().close();
    }

    /// VMs that wait for creates.
    int waitingVms() {
        return house.waiting().count();
    }

    Optional<Capsule> actor(CapsuleId id) {
        return Optional.ofNullable(house.capsules().get(id));
    }

    /// Waits until it has ended, in whatever way.
    private static void awaitEnd(CompletableFuture<?> future) throws InterruptedException {
        try {
            future.get();
        } catch (ExecutionException e) {
            LOG.debug("what was waited for failed", e);
        }
    }

    private static <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw new CapsuleException("step failed: " + e.getCause(), e);
        }
    }

    private static long count(House house, Phase phase) {
        return house.capsules().values().stream()
                .filter(capsule -> capsule.record().phase() == phase)
                .count();
    }
}
