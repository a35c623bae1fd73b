package dev.wrenn.control.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.builds.Build;
import dev.wrenn.control.domain.builds.BuildStatus;
import dev.wrenn.control.domain.builds.BuildStore.Ended;
import dev.wrenn.control.domain.builds.BuildStore.Lease;
import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.domain.builds.Layer;
import dev.wrenn.control.domain.builds.NewBuild;
import dev.wrenn.control.domain.builds.StepLog;
import dev.wrenn.control.domain.hosts.HostSnapshot;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.GuestDefaults;
import dev.wrenn.control.domain.templates.TemplateType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class BuildStoreContractTest {
    @RegisterExtension static final StoreFixture STORE = new StoreFixture();

    private static final Duration LEASE = Duration.ofMinutes(1);
    private static final HostSnapshot MADE =
            new HostSnapshot(77, 1, MemorySize.ofMib(512), Map.of());
    private static final GuestDefaults KEPT =
            new GuestDefaults("dev", Map.of("A", "1"), "/srv", List.of("run", "it's"));

    private static final int MOST = 100;

    private final TeamId team = TeamId.random();
    private final UserId user = UserId.random();
    private final HostId host = HostId.random();
    private PgBuildStore builds;

    @BeforeEach
    void seed() throws SQLException {
        sql("delete from template_builds; delete from template_layers");
        STORE.seed(user, team, host);
        builds = new PgBuildStore(STORE.db());
    }

    private static void sql(String text) throws SQLException {
        try (var connection = STORE.connect();
                var statement = connection.createStatement()) {
            statement.execute(text);
        }
    }

    @Test
    void aTeamHasNoMoreUnderWayThanItMayAlsoWhenItAsksAtOnce() throws Exception {
        int most = 3;
        var stored = new ArrayList<Future<Boolean>>();
        try (var threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < 8; i++) {
                var wanted = wanted("many-" + i);
                stored.add(threads.submit(() -> builds.insert(wanted, null, by(), most)));
            }
        }
        int accepted = 0;
        for (var one : stored) if (one.get()) accepted++;
        assertThat(accepted).isEqualTo(most);
        assertThat(builds.list(Optional.of(team), Optional.empty(), 100)).hasSize(most);

        var first = builds.list(Optional.of(team), Optional.empty(), 1).getFirst();
        builds.cancel(first.wanted().id(), by());
        assertThat(builds.insert(wanted("after"), null, by(), most)).isTrue();
        assertThat(builds.insert(wanted("beyond"), null, by(), most)).isFalse();
    }

    private BuildId submit(String name, byte[] archive) {
        var wanted = wanted(name);
        var content = archive.length == 0 ? null : new ByteArrayInputStream(archive);
        assertThat(builds.insert(wanted, content, by(), MOST)).isTrue();
        assertThat(builds.find(wanted.id()).orElseThrow().wanted()).isEqualTo(wanted);
        return wanted.id();
    }

    private NewBuild wanted(String name) {
        return new NewBuild(
                BuildId.random(),
                team,
                user,
                name,
                "minimal",
                List.of("RUN echo 'ü'", "# no"),
                Optional.of("true"),
                2,
                MemorySize.ofMib(512),
                true,
                false,
                1,
                Map.of("a/b", "1"));
    }

    private Actor by() {
        return Actor.user(user, "Ada");
    }

    private Lease claim() {
        return builds.claim("w", LEASE).orElseThrow();
    }

    private static StepLog log(int step, String out) {
        return new StepLog(step, "recipe", "RUN x", out, "", null, null, 5, false);
    }

    @Test
    void eachBuildHasOneWorker() throws Exception {
        for (int i = 0; i < 20; i++) submit("b" + i, new byte[0]);
        var taken = new ArrayList<BuildId>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var claims = new ArrayList<Future<Optional<Lease>>>();
            for (int i = 0; i < 30; i++) {
                var worker = "w" + i;
                claims.add(threads.submit(() -> builds.claim(worker, LEASE)));
            }
            for (var one : claims) one.get().ifPresent(lease -> taken.add(lease.build().id()));
        }
        assertThat(taken).hasSize(20).doesNotHaveDuplicates();
    }

    @Test
    void anImageIsKeptWithItsBuild() {
        var image = new ImportedImage("it's.tar", false, "sha256:0", KEPT);
        var sent = importing("sent", image);
        builds.insert(sent, new ByteArrayInputStream(new byte[10]), by(), MOST);
        assertThat(builds.find(sent.id()).orElseThrow().wanted()).isEqualTo(sent);
        assertThat(claim().build().wanted()).isEqualTo(sent);
        var remote = importing("remote", ImportedImage.in("redis:7"));
        builds.insert(remote, null, by(), MOST);
        var lease = claim();
        assertThat(lease.build().wanted()).isEqualTo(remote);
        var found = new ImportedImage("redis:7", true, "sha256:1", KEPT);
        assertThat(builds.found(lease, found)).isTrue();
        assertThat(builds.find(remote.id()).orElseThrow().wanted().image()).contains(found);
        builds.cancel(remote.id(), by());
        assertThat(builds.found(lease, image)).isFalse();
    }

    private NewBuild importing(String name, ImportedImage image) {
        return NewBuild.importing(
                BuildId.random(), team, user, name, image, 1, MemorySize.ofMib(512), false);
    }

    @Test
    void aSuccessNamesItsTemplateAndTakesTheOldOnesPlace() {
        var old = submit("web", new byte[0]);
        publish(claim(), "k1");
        assertThat(builds.find(old).map(Build::status)).contains(BuildStatus.SUCCESS);
        submit("web", new byte[0]);
        var template = publish(claim(), "k2");
        var stored = new PgTemplateStore(STORE.db()).byName(team, "web").orElseThrow();
        assertThat(stored.id()).isEqualTo(template);
        assertThat(stored.type()).isEqualTo(TemplateType.SNAPSHOT);
        assertThat(new PgTemplateStore(STORE.db()).defaults(template)).isEqualTo(KEPT);
        assertThat(new PgSnapshotStore(STORE.db()).doomed(10)).hasSize(1);
        submit("web", new byte[0]);
        assertThat(builds.unchanged(claim(), "k2", KEPT)).isTrue();
        submit("web", new byte[0]);
        assertThat(builds.unchanged(claim(), "k1", KEPT)).isFalse();
    }

    private TemplateId publish(Lease lease, String key) {
        var template = TemplateId.random();
        assertThat(
                        builds.draft(
                                lease,
                                template,
                                TemplateType.SNAPSHOT,
                                host,
                                LEASE,
                                Amounts.NORMAL))
                .isEqualTo(Ended.DONE);
        assertThat(builds.publish(lease, template, MADE, KEPT, key)).isEqualTo(Ended.DONE);
        return template;
    }

    @Test
    void whatIsCancelledStaysSo() {
        var id = submit("c", new byte[0]);
        var lease = claim();
        var template = TemplateId.random();
        assertThat(builds.draft(lease, template, TemplateType.BASE, host, LEASE, Amounts.NORMAL))
                .isEqualTo(Ended.DONE);
        assertThat(builds.cancel(id, by())).contains(BuildStatus.RUNNING);
        assertThat(builds.renew(lease, LEASE)).isFalse();
        assertThat(builds.log(lease, log(1, "late"))).isFalse();
        assertThat(builds.publish(lease, template, MADE, KEPT, "k")).isEqualTo(Ended.LOST);
        assertThat(builds.fail(lease, "late")).isFalse();
        assertThat(builds.cancel(id, by())).contains(BuildStatus.CANCELLED);
        assertThat(builds.find(id).map(Build::status)).contains(BuildStatus.CANCELLED);
        assertThat(builds.cancel(BuildId.random(), by())).isEmpty();
    }

    /// Fault: a worker that says nothing any more.
    @Test
    void anotherWorkerBeginsAnewAndTheFirstIsNotHeard() throws SQLException {
        var id = submit("d", new byte[0]);
        var first = claim();
        var capsule = CapsuleId.random();
        assertThat(builds.place(first, capsule, Optional.of(host))).isTrue();
        assertThat(builds.log(first, log(1, "one"))).isTrue();
        assertThat(builds.claim("other", LEASE)).isEmpty();
        sql("update template_builds set leased_until = clock_timestamp()");
        var second = builds.claim("other", LEASE).orElseThrow();
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(second.build().capsule()).contains(capsule);
        assertThat(second.build().logs()).isEmpty();
        assertThat(builds.log(first, log(1, "late"))).isFalse();
        // The first capsule is not forgotten when there is another one.
        assertThat(builds.place(second, CapsuleId.random(), Optional.empty())).isTrue();
        assertThat(builds.leftCapsules(10)).containsExactly(capsule);
        builds.cleaned(capsule);
        assertThat(builds.leftCapsules(10)).isEmpty();
        sql("update template_builds set leased_until = clock_timestamp()");
        builds.giveUp(2);
        assertThat(builds.find(id).map(Build::status)).contains(BuildStatus.FAILED);
        assertThat(builds.leftCapsules(10)).hasSize(1);
    }

    @Test
    void theLogGrowsStepByStep() {
        var id = submit("e", new byte[0]);
        var lease = claim();
        for (var text : List.of("a", "ab", "abc \uFFFD 😀"))
            assertThat(builds.log(lease, log(1, text))).isTrue();
        assertThat(builds.log(lease, log(2, "next"))).isTrue();
        var stored = builds.find(id).orElseThrow();
        assertThat(stored.currentStep()).isEqualTo(2);
        assertThat(stored.logs()).containsExactly(log(1, "abc \uFFFD 😀"), log(2, "next"));
    }

    @Test
    void anArchiveIsKeptUntilTheEnd() {
        var content = new byte[3 << 20];
        new Random(1).nextBytes(content);
        var id = submit("f", content);
        var copy = new ByteArrayOutputStream();
        assertThat(builds.archive(id, copy)).isTrue();
        assertThat(copy.toByteArray()).isEqualTo(content);
        assertThat(builds.fail(claim(), "why\0")).isTrue();
        assertThat(builds.archive(id, copy)).isFalse();
        assertThat(builds.find(id).orElseThrow().error()).contains("why\uFFFD");
    }

    @Test
    void layersThatAreTooManyGoOldestUseFirst() {
        var all = new ArrayList<Layer>();
        for (int i = 0; i < 4; i++) {
            var layer = new Layer("key" + i, TemplateId.random(), host, 100);
            assertThat(builds.addLayer(layer)).isTrue();
            all.add(layer);
        }
        assertThat(builds.addLayer(new Layer("key1", TemplateId.random(), host, 1))).isFalse();
        assertThat(builds.layer("key0")).contains(all.getFirst()); // used just now
        assertThat(builds.overflow(250)).containsExactlyInAnyOrder(all.get(1), all.get(2));
        assertThat(builds.layer("key1")).isEmpty();
        assertThat(builds.layer("key0")).contains(all.getFirst());
        assertThat(builds.doomedLayers(10)).hasSize(2);
        builds.forgetLayer(all.get(1).template());
        builds.forgetLayer(all.getFirst().template()); // not doomed: stays
        assertThat(builds.doomedLayers(10)).containsExactly(all.get(2));
        assertThat(builds.layer("key0")).isPresent();
    }

    @Test
    void listsAreNewestFirstAndGoOn() {
        var ids = new ArrayList<BuildId>();
        for (int i = 0; i < 5; i++) ids.add(submit("g" + i, new byte[0]));
        var newest = ids.reversed();
        var first = builds.list(Optional.of(team), Optional.empty(), 2);
        assertThat(first.stream().map(Build::id)).isEqualTo(newest.subList(0, 2));
        var rest = builds.list(Optional.empty(), Optional.of(newest.get(1)), 10);
        assertThat(rest.stream().map(Build::id)).isEqualTo(newest.subList(2, 5));
        assertThat(builds.list(Optional.of(TeamId.random()), Optional.empty(), 2)).isEmpty();
    }
}
