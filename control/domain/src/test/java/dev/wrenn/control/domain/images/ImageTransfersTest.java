package dev.wrenn.control.domain.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Carrier.Brought;
import dev.wrenn.control.domain.capsules.Facts;
import dev.wrenn.control.domain.capsules.ScriptedHost;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.hosts.TransferException;
import dev.wrenn.control.domain.templates.GuestDefaults;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// From a host into the store, and from there to another host.
class ImageTransfersTest {
    private static final CapsuleId ID = CapsuleId.random();
    private static final HostId HOST = HostId.random();
    private static final UUID TOKEN = UUID.randomUUID();
    private static final CapsuleSpec SPEC =
            new CapsuleSpec(1, MemorySize.ofMib(512), CapsuleSpec.DEFAULT_DISK, Duration.ZERO);

    private final FakeObjects objects = new FakeObjects();
    private final FakeHostImages from = new FakeHostImages();
    private final FakeHostImages to = new FakeHostImages();
    private final Published published = new Published();
    private final Templates templates = new Templates();
    private final ImageTransfers transfers = new ImageTransfers(published, templates, objects);
    private final ScriptedHost host = new ScriptedHost();

    /// Knows one manifest, and notes who may have the image.
    private static final class Published implements SavedImages {
        Optional<String> manifest = Optional.empty();
        final List<Optional<HostId>> held = new ArrayList<>();

        @Override
        public List<CapsuleRow> due(Collection<HostId> hosts, Duration age, int limit) {
            return List.of();
        }

        @Override
        public void later(CapsuleId id) {}

        @Override
        public boolean published(CapsuleRow row, String name, long bytes) {
            return false;
        }

        @Override
        public Optional<String> current(CapsuleId id) {
            return manifest;
        }

        @Override
        public void heldBy(CapsuleId id, Optional<HostId> by) {
            held.add(by);
        }

        @Override
        public void doubt(CapsuleId id, HostId by) {}

        @Override
        public List<CapsuleId> doomed(int limit) {
            return List.of();
        }

        @Override
        public void forget(CapsuleId id) {}
    }

    /// Knows one manifest; the template can go at any moment.
    private static final class Templates implements TemplateImages {
        Optional<String> manifest = Optional.empty();
        int askedAfterDeletion = Integer.MAX_VALUE;
        private int asked;

        @Override
        public List<Due> due(Collection<HostId> hosts, Duration age, int limit) {
            return List.of();
        }

        @Override
        public void later(TemplateId id) {}

        @Override
        public boolean published(TemplateId id, String name) {
            return false;
        }

        @Override
        public Optional<String> current(TemplateId id) {
            return manifest;
        }

        @Override
        public boolean copying(TemplateId id, HostId by) {
            return ++asked < askedAfterDeletion;
        }

        @Override
        public Optional<Granted> granted(TemplateId id, HostId by, UUID token) {
            return manifest.filter(_ -> by.equals(HOST) && token.equals(TOKEN))
                    .map(known ->
                            new Granted(new ImageName.OfTemplate(TeamId.PLATFORM, id), known));
        }

        @Override
        public List<HostId> copies(TemplateId id) {
            return List.of();
        }

        @Override
        public void removed(TemplateId id, HostId by) {}
    }

    @BeforeEach
    void make() {
        var memory = new byte[3 * Outline.CHUNK + 17];
        new Random(5).nextBytes(memory);
        from.files.put("memfile", memory);
        from.files.put("notes.json", new byte[] {1, 2, 3});
        host.images = to;
    }

    private ImageCopy copy() {
        return new ImageCopy(new ImageName.OfCapsule(ID), from, objects);
    }

    private void publish() throws Exception {
        published.manifest = Optional.of(copy().run().manifest());
    }

    private static CapsuleRow row() {
        return new CapsuleRow(
                ID,
                TeamId.random(),
                TeamId.PLATFORM,
                TemplateId.MINIMAL,
                "minimal",
                HOST,
                SPEC,
                new CapsuleState.Starting(),
                2,
                1,
                Facts.NONE,
                Actor.SYSTEM,
                Instant.EPOCH,
                Instant.EPOCH);
    }

    private Brought bring() throws InterruptedException {
        var as =
                new BootOrder(
                        ID,
                        1,
                        TeamId.PLATFORM,
                        TemplateId.MINIMAL,
                        SPEC,
                        GuestDefaults.NONE,
                        Egress.OPEN);
        return transfers.bring(row(), as, host);
    }

    @Test
    void whatArrivesIsWhatWasSaved() throws Exception {
        publish();
        assertThat(bring()).isEqualTo(new Brought.Done());
        assertThat(to.taken.keySet()).isEqualTo(from.files.keySet());
        to.taken.forEach((name, bytes) -> assertThat(bytes).isEqualTo(from.files.get(name)));
        assertThat(published.held).containsExactly(Optional.of(HOST));
    }

    @Test
    void onlyWhatIsNewIsAskedFor() throws Exception {
        publish();
        assertThat(from.asked).containsExactly("memfile 0 786449", "notes.json 0 3");
        from.asked.clear();
        from.files.get("memfile")[Outline.CHUNK] ^= 1;
        var copy = copy();
        var copied = copy.run();
        assertThat(from.asked).containsExactly("memfile 262144 262144");
        assertThat(copied.sent()).isEqualTo(Outline.CHUNK);
        int before = objects.all.size();
        copy.tidy(copied);
        assertThat(objects.all)
                .as("the old chunk and the old outline are gone")
                .hasSize(before - 2);
        published.manifest = Optional.of(copied.manifest());
        assertThat(bring()).isEqualTo(new Brought.Done());
    }

    @Test
    void aHostThatLiesPublishesNothing() {
        from.lies = true;
        assertThatThrownBy(() -> copy().run()).isInstanceOf(TransferException.class);
        assertThat(objects.list("capsules/" + ID + "/manifests/")).isEmpty();
    }

    @Test
    void whatTheStoreHasSpoiledOrLostIsNotBrought() throws Exception {
        publish();
        var chunk = objects.list("capsules/" + ID + "/chunks/").iterator().next();
        var bytes = objects.all.get(chunk);
        bytes[0] ^= 1;
        assertThat(bring())
                .isInstanceOfSatisfying(
                        Brought.Failed.class,
                        failed -> assertThat(failed.fault()).isEqualTo(HostFault.INTERNAL));
        objects.all.remove(chunk);
        assertThat(bring()).isInstanceOf(Brought.Failed.class);
        assertThat(to.taken).isEmpty();
        published.manifest = Optional.empty();
        assertThat(bring()).isEqualTo(new Brought.None());
    }

    /// Else a host that cannot have it would be waited for.
    @Test
    void aHostThatBreaksOffDoesNotHaveIt() throws Exception {
        publish();
        to.breaksOff = true;
        assertThat(bring()).isEqualTo(new Brought.Failed(HostFault.UNREACHABLE, "gone"));
        assertThat(published.held).isEmpty();
    }

    @Test
    void aTemplateThatIsDeletedMeanwhileIsRemovedWhereItWasBrought() throws Exception {
        var name = new ImageName.OfTemplate(TeamId.PLATFORM, TemplateId.MINIMAL);
        var copied = new ImageCopy(name, from, objects).run();
        templates.manifest = Optional.of(copied.manifest());
        assertThat(transfers.bringTemplate(row(), host)).isEqualTo(new Brought.Done());
        assertThat(to.taken.keySet()).isEqualTo(from.files.keySet());
        assertThat(host.orders).isEmpty();
        templates.askedAfterDeletion = 4;
        transfers.bringTemplate(row(), host);
        assertThat(host.orders).containsExactly("remove");
        assertThat(transfers.bringTemplate(row(), host)).isEqualTo(new Brought.None());
    }

    private String publishADisk() throws Exception {
        from.files.clear();
        from.files.put("manifest.json", new byte[] {7});
        var disk = new byte[2 * Outline.CHUNK];
        new Random(6).nextBytes(disk);
        from.files.put("rootfs.ext4", disk);
        var name = new ImageName.OfTemplate(TeamId.PLATFORM, TemplateId.MINIMAL);
        var manifest = new ImageCopy(name, from, objects).run().manifest();
        templates.manifest = Optional.of(manifest);
        return manifest;
    }

    @Test
    void aTemplateThatIsOnlyADiskIsTakenByTheHostItself() throws Exception {
        var manifest = publishADisk();
        host.fetched = new HostAnswer.Done<>(HostAnswer.Nothing.NOTHING);
        assertThat(transfers.bringTemplate(row(), host)).isEqualTo(new Brought.Done());
        assertThat(host.orders).containsExactly("fetch " + manifest);
        assertThat(to.taken).isEmpty();
    }

    @Test
    void aHostThatCannotTakeItIsGivenTheWholeImage() throws Exception {
        publishADisk();
        assertThat(transfers.bringTemplate(row(), host)).isEqualTo(new Brought.Done());
        assertThat(to.taken.keySet()).isEqualTo(from.files.keySet());
    }

    @Test
    void aHostTakesOnlyWhatItWasToldToTake() throws Exception {
        var manifest = publishADisk();
        var chunks = new TemplateChunks(templates, Optional.of(objects));
        var id = TemplateId.MINIMAL;
        var text = chunks.outline(id, HOST, TOKEN).orElseThrow();
        assertThat(Outline.sha256(text)).isEqualTo(manifest);
        var disk = Outline.parse(text).files().getLast();
        var sum = disk.chunks().getFirst().sha256();
        assertThat(Outline.sha256(chunks.chunk(id, sum, HOST, TOKEN).orElseThrow())).isEqualTo(sum);
        assertThat(chunks.chunk(id, "0".repeat(64), HOST, TOKEN)).isEmpty();
        assertThat(chunks.chunk(id, sum, HostId.random(), TOKEN)).isEmpty();
        assertThat(chunks.chunk(id, sum, HOST, UUID.randomUUID())).isEmpty();
        assertThat(chunks.outline(id, HostId.random(), TOKEN)).isEmpty();
        for (var odd : List.of("", "..", "../../x", sum + "0", sum.toUpperCase(Locale.ROOT)))
            assertThat(chunks.chunk(id, odd, HOST, TOKEN)).as(odd).isEmpty();
        assertThat(new TemplateChunks(templates, Optional.empty()).outline(id, HOST, TOKEN))
                .isEmpty();
    }
}
