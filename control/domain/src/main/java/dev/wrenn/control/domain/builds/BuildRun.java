package dev.wrenn.control.domain.builds;

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
import dev.wrenn.control.domain.templates.Template;
import dev.wrenn.control.domain.templates.TemplateType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
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
        var plan = Plan.of(recipe(), wanted.skipPrePost());
        var base =
                parts.templates()
                        .byName(wanted.team(), wanted.base())
                        .orElseThrow(() -> new BuildFailed("no template " + wanted.base()));
        var keys = Keys.of(base.id().toString(), plan, wanted.sums(), rest());
        if (!wanted.noCache() && store.unchanged(lease, keys.getLast(), end(plan))) return;
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
        var runner = new StepRunner(site, log -> store.log(lease, log));
        boolean files = false;
        for (var step : plan.steps()) {
            if (step.number() <= known) {
                runner.skip(step);
                continue;
            }
            if (step.instruction() instanceof Instruction.Copy && !files) {
                unpack(site);
                files = true;
            }
            runner.run(step);
            keep(site, keys.get(step.number() - 1), step);
        }
        var check = healthCheck();
        if (check.isPresent()) await(check.get(), site, runner.setting());
        publish(site, runner.setting(), keys.getLast(), check.isPresent());
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

    private static Setting end(Plan plan) {
        var setting = Setting.START;
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
            case CreateOutcome.NoHost _ -> throw new BuildFailed("no host has room for it");
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

    private void unpack(Site site) {
        try {
            var kept = Files.createTempFile("wrenn-build", ".tar.gz"); // only for us
            try {
                try (var out = Files.newOutputStream(kept)) {
                    if (!store.archive(wanted.id(), out))
                        throw new BuildFailed("COPY: the build has no archive");
                }
                try (var in = new GZIPInputStream(Files.newInputStream(kept), 64 << 10)) {
                    site.unpack(in);
                }
            } finally {
                Files.delete(kept);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
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

    private void publish(Site site, Setting kept, String key, boolean live) {
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
