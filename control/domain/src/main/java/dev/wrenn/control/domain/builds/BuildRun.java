package dev.wrenn.control.domain.builds;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.control.domain.builds.BuildStore.Ended;
import dev.wrenn.control.domain.builds.BuildStore.Lease;
import dev.wrenn.control.domain.capsules.CreateOutcome;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One build from its lease to its end. For one thread; the capsule it makes is destroyed by
/// whoever called it.
final class BuildRun {
    private static final Logger LOG = LoggerFactory.getLogger(BuildRun.class);
    private static final Duration BOOT = Duration.ofSeconds(120);
    private static final Duration DRAFT = Duration.ofMinutes(6);

    private final BuildStore store;
    private final BuildParts parts;
    private final Lease lease;
    private final NewBuild wanted;
    private volatile @Nullable CapsuleId capsule;
    private ImageRegistry.@Nullable Pulled pulled;

    BuildRun(BuildStore store, BuildParts parts, Lease lease) {
        this.store = store;
        this.parts = parts;
        this.lease = lease;
        this.wanted = lease.build().wanted();
    }

    /// The one this run made or is about to make, which is another one than that of another run of
    /// the same build. Any thread.
    Optional<CapsuleId> capsule() {
        return Optional.ofNullable(capsule);
    }

    /// Returns when the build is a success.
    ///
    /// @throws BuildFailed when it cannot be one
    /// @throws BuildLost when it is not ours any more
    void run() throws InterruptedException {
        if (wanted.image().isEmpty() || !wanted.image().get().remote()) {
            build(wanted.image());
            return;
        }
        try (var image = pull(wanted.image().get().source())) {
            pulled = image;
            if (!store.found(lease, image.about())) throw new BuildLost();
            build(Optional.of(image.about()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ImageRegistry.Pulled pull(String reference) throws InterruptedException {
        long start = System.nanoTime();
        var said = new Output();
        pulling(said, start, null);
        try {
            var image =
                    parts.registry()
                            .pull(
                                    reference,
                                    line -> {
                                        said.add(line.getBytes(UTF_8));
                                        pulling(said, start, null);
                                    });
            pulling(said, start, true);
            return image;
        } catch (ImageRegistry.FailedException e) {
            said.add((e.getMessage() + "\n").getBytes(UTF_8));
            pulling(said, start, false);
            throw new BuildFailed("step 1 failed: " + e.getMessage());
        }
    }

    private void pulling(Output said, long start, @Nullable Boolean ok) {
        var step = Plan.importing(wanted.image().orElseThrow()).steps().getFirst();
        var log =
                new StepLog(
                        step.number(),
                        step.phase(),
                        step.instruction().text(),
                        said.text(),
                        "",
                        ok == null || !ok ? null : 0,
                        ok,
                        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
                        false);
        if (!store.log(lease, log)) throw new BuildLost();
    }

    private void build(Optional<ImportedImage> image) throws InterruptedException {
        var plan =
                image.isPresent()
                        ? Plan.importing(image.get())
                        : Plan.of(recipe(), wanted.skipPrePost());
        var base = base();
        var defaults = parts.templates().defaults(base.id());
        // An image depends on nothing but itself.
        var start = image.isPresent() ? Setting.START : Setting.on(defaults);
        var root = image.isPresent() ? "image" : base.id().toString();
        var keys = Keys.of(root, start, plan, wanted.sums(), rest());
        var basis = image.map(ImportedImage::defaults).orElse(defaults);
        if (!wanted.noCache()
                && store.unchanged(lease, keys.getLast(), kept(end(start, plan), basis))) return;
        int known = 0;
        var from = base;
        if (!wanted.noCache())
            for (int i = plan.steps().size(); i > 0 && known == 0; i--) {
                var layer = usable(keys.get(i - 1));
                if (layer.isEmpty()) continue;
                known = i;
                from = template(layer.get(), base);
            }
        var site = begin(from);
        var runner =
                new StepRunner(
                        site, start, log -> store.log(lease, log), talk -> imported(site, talk));
        boolean files = false;
        for (var step : plan.steps()) {
            if (step.instruction() instanceof Instruction.Pull) continue; // it is here
            if (step.number() <= known) {
                runner.skip(step);
                continue;
            }
            if (step.instruction() instanceof Instruction.Copy && !files) {
                withArchive(site::unpack);
                files = true;
            }
            runner.run(step);
            keep(site, keys.get(step.number() - 1), step);
        }
        var check = healthCheck();
        if (check.isPresent()) await(check.get(), site, runner.setting());
        publish(site, kept(runner.setting(), basis), keys.getLast(), check.isPresent());
    }

    /// An image is unpacked with the tools of the platform's own template.
    private Template base() {
        var team = wanted.image().isPresent() ? TeamId.PLATFORM : wanted.team();
        return parts.templates()
                .byName(team, wanted.base())
                .orElseThrow(() -> new BuildFailed("no template " + wanted.base()));
    }

    /// What capsules of the template find. One that was made of a living capsule has what that ran
    /// in its memory.
    private GuestDefaults kept(Setting end, GuestDefaults basis) {
        return new GuestDefaults(
                end.user(),
                end.kept(),
                basis.directory().isEmpty() ? "" : end.directory(),
                wanted.healthCheck().isPresent() ? List.of() : basis.entrypoint());
    }

    private Site.Result imported(Site site, Site.Talk talk) {
        var result = new AtomicReference<Site.Result>();
        withArchive(tar -> result.set(RootImport.run(site, tar, talk)));
        return Objects.requireNonNull(result.get());
    }

    private Recipe recipe() {
        try {
            return Recipe.parse(wanted.recipe());
        } catch (BadRecipe e) {
            throw new IllegalStateException("checked when it was submitted", e);
        }
    }

    private Optional<HealthCheck> healthCheck() {
        try {
            return wanted.healthCheck().isEmpty()
                    ? Optional.empty()
                    : Optional.of(HealthCheck.parse(wanted.healthCheck().get()));
        } catch (BadRecipe e) {
            throw new IllegalStateException("checked when it was submitted", e);
        }
    }

    /// What the template depends on beside its steps.
    private String rest() {
        return wanted.healthCheck().map(check -> "snapshot " + check).orElse("base")
                + " "
                + wanted.vcpus()
                + " "
                + wanted.memory().mib();
    }

    private static Setting end(Setting start, Plan plan) {
        var setting = start;
        for (var step : plan.steps()) setting = Keys.after(setting, step.instruction());
        return setting;
    }

    private Optional<Layer> usable(String key) {
        if (key.isEmpty()) return Optional.empty();
        return store.layer(key)
                .filter(layer ->
                        parts.hosts()
                                .view(layer.host())
                                .filter(HostView::ready)
                                .filter(view -> view.has(layer.template()))
                                .isPresent());
    }

    /// A capsule of a layer boots like one of the base, from another disk.
    private static Template template(Layer layer, Template base) {
        return new Template(
                layer.template(),
                TeamId.PLATFORM,
                base.name(),
                TemplateType.BASE,
                base.vcpus(),
                base.memory(),
                layer.bytes(),
                base.createdAt(),
                Map.of(),
                Optional.of(layer.host()));
    }

    /// Makes the capsule. The build knows its id before it is there, so that nothing is left of it.
    private Site begin(Template from) throws InterruptedException {
        var id = CapsuleId.random();
        var spec =
                from.type() == TemplateType.SNAPSHOT
                        ? spec(from.vcpus(), from)
                        : new CapsuleSpec(
                                wanted.vcpus(),
                                wanted.memory(),
                                CapsuleSpec.DEFAULT_DISK,
                                Duration.ZERO);
        if (!store.place(lease, id, Optional.empty())) throw new BuildLost();
        capsule = id;
        switch (parts.capsules().createForBuild(id, wanted.team(), wanted.by(), from, spec)) {
            case CreateOutcome.Created _ -> {}
            case CreateOutcome.NoHost(var why) ->
                    throw new BuildFailed(
                            "no host has room for it" + why.map(w -> ": " + w).orElse(""));
            case CreateOutcome.Failed(_, _, var detail) ->
                    throw new BuildFailed("its capsule did not start: " + detail);
            case CreateOutcome other ->
                    throw new BuildFailed("its capsule did not start: " + other);
        }
        var host = awaitRunning(id);
        if (!store.place(lease, id, Optional.of(host))) throw new BuildLost();
        var client = parts.hosts().client(host);
        if (client.isEmpty()) throw new BuildFailed("its host is not reachable");
        return new Site(id, host, client.get());
    }

    private static CapsuleSpec spec(int vcpus, Template from) {
        return new CapsuleSpec(vcpus, from.memory(), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);
    }

    /// @return where it runs
    private HostId awaitRunning(CapsuleId id) throws InterruptedException {
        var deadline = Deadline.after(BOOT);
        while (true) {
            switch (parts.capsules().ready(TeamId.PLATFORM, id)) {
                case Outcomes.Ready.Yes(var row) -> {
                    return row.host();
                }
                case Outcomes.Ready.No(var state) when state.isFinal() || deadline.passed() ->
                        throw new BuildFailed("its capsule did not start: " + state.word());
                case Outcomes.Ready.No _ -> {}
                case Outcomes.Ready.NotFound _ -> throw new BuildFailed("its capsule is gone");
            }
        }
    }

    private interface Reading {
        void read(InputStream tar) throws IOException;
    }

    private void withArchive(Reading reading) {
        try {
            if (pulled != null) {
                unpacked(pulled.content(), reading);
                return;
            }
            var kept = Files.createTempFile("wrenn-build", ".tar.gz"); // only for us
            try {
                try (var out = Files.newOutputStream(kept)) {
                    if (!store.archive(wanted.id(), out))
                        throw new BuildFailed("the build has no archive");
                }
                unpacked(Files.newInputStream(kept), reading);
            } finally {
                Files.delete(kept);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void unpacked(InputStream packed, Reading reading) throws IOException {
        try (packed;
                var in = new GZIPInputStream(packed, 64 << 10)) {
            reading.read(in);
        }
    }

    /// Keeps the disk for later builds; one that cannot be kept costs them time only.
    private void keep(Site site, String key, Plan.Step step) {
        if (key.isEmpty() || step.instruction() instanceof Instruction.Env) return;
        var id = TemplateId.random();
        var answer = site.flatten(TeamId.PLATFORM, id);
        if (answer instanceof HostAnswer.Done<Long>(var bytes)) {
            if (!store.addLayer(new Layer(key, id, site.host(), bytes)))
                site.client().deleteSnapshot(TeamId.PLATFORM, id, Duration.ofSeconds(30));
        } else {
            LOG.atWarn().addKeyValue("build", wanted.id()).log("layer not kept: {}", answer);
        }
    }

    private void await(HealthCheck check, Site site, Setting by) throws InterruptedException {
        var deadline = Deadline.after(check.deadline());
        var start = Deadline.after(check.startPeriod());
        int failures = 0;
        while (true) {
            var talk = new Site.Talk(new Output(), new Output(), _ -> {});
            var result = site.run(by.command(check.command(), check.timeout()), talk);
            if (result.ok()) return;
            if (start.passed()) failures++;
            boolean over = check.retries() > 0 && failures > check.retries();
            if (over || deadline.passed())
                throw new BuildFailed(
                        "the health check did not pass: "
                                + (result.exit() < 0
                                        ? result.trouble()
                                        : "exit code " + result.exit())
                                + "\n"
                                + talk.stdout().text()
                                + talk.stderr().text());
            if (!store.renew(lease, Builds.LEASE)) throw new BuildLost();
            Thread.sleep(check.interval()); // what the check says: it is no signal we wait for
        }
    }

    private void publish(Site site, GuestDefaults kept, String key, boolean live) {
        var template = TemplateId.random();
        var type = live ? TemplateType.SNAPSHOT : TemplateType.BASE;
        check(store.draft(lease, template, type, site.host(), DRAFT, parts.normal()));
        boolean published = false;
        try {
            var made = live ? site.snapshot(wanted.team(), template) : flat(site, template);
            switch (made) {
                case HostAnswer.Done(var snapshot) ->
                        check(store.publish(lease, template, snapshot, kept, key));
                case HostAnswer.Refused(_, var detail) ->
                        throw new BuildFailed("the template could not be saved: " + detail);
            }
            published = true;
        } finally {
            if (!published) store.discard(template);
        }
    }

    private HostAnswer<HostSnapshot> flat(Site site, TemplateId template) {
        return switch (site.flatten(wanted.team(), template)) {
            case HostAnswer.Done(var bytes) ->
                    new HostAnswer.Done<>(
                            new HostSnapshot(bytes, wanted.vcpus(), wanted.memory(), Map.of()));
            case HostAnswer.Refused(var fault, var detail) ->
                    new HostAnswer.Refused<>(fault, detail);
        };
    }

    private static void check(Ended ended) {
        switch (ended) {
            case DONE -> {}
            case LOST -> throw new BuildLost();
            case RESERVED -> throw new BuildFailed("the name is taken by the platform or a team");
            case FULL -> throw new BuildFailed("the team has as many templates as it may");
        }
    }
}
