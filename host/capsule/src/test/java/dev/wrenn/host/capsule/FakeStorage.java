package dev.wrenn.host.capsule;

import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.host.disk.ArrivingDisk;
import dev.wrenn.host.disk.ArrivingImage;
import dev.wrenn.host.disk.ChunkSource;
import dev.wrenn.host.disk.DiskConfig;
import dev.wrenn.host.disk.DiskException;
import dev.wrenn.host.disk.DiskOutline;
import dev.wrenn.host.disk.Disks;
import dev.wrenn.host.disk.Images;
import dev.wrenn.host.disk.KernelImage;
import dev.wrenn.host.disk.TemplateImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/// One tiny template. Thread-safe.
final class FakeStorage implements Rooms.Storage {
    private static final MemorySize MORE_THAN_ANY_DISK = MemorySize.ofMib(1L << 40);

    private final FakeHost host;
    private final CrashPoints points;

    FakeStorage(FakeHost host, CrashPoints points) {
        this.host = host;
        this.points = points;
    }

    @Override
    public Optional<TemplateImage> template(TeamId team, TemplateId template) {
        return templates().stream()
                .filter(t -> t.team().equals(team) && t.template().equals(template))
                .findFirst();
    }

    @Override
    public List<TemplateImage> templates() {
        var all = new ArrayList<>(new Images(host.dataDir).ready()); // snapshots
        all.add(
                new TemplateImage(
                        TeamId.PLATFORM,
                        TemplateId.MINIMAL,
                        host.dataDir.resolve("template"),
                        MemorySize.ofMib(1),
                        "digest",
                        null));
        return all;
    }

    @Override
    public Path snapshot(TeamId team, TemplateId template) {
        return new Images(host.dataDir).snapshot(team, template);
    }

    @Override
    public void publish(Path disk, TeamId team, TemplateId template) {
        points.pass("publish disk");
        var images = new Images(host.dataDir);
        images.publish(new Disks(host.dataDir, DiskConfig.defaults()), disk, team, template);
    }

    @Override
    public void unpublish(TeamId team, TemplateId template) {
        new Images(host.dataDir).remove(team, template);
    }

    @Override
    public ArrivingImage arriving(
            Path directory,
            TeamId team,
            TemplateId template,
            @Nullable DiskOutline outline,
            ChunkSource source,
            LongConsumer meter)
            throws IOException {
        return ArrivingImage.open(
                directory, template, snapshot(team, template), outline, source, disks(), meter);
    }

    @Override
    public ArrivingDisk serve(Path target, MemorySize size, ArrivingImage image)
            throws IOException {
        return ArrivingDisk.make(target, size, image, disks());
    }

    @Override
    public ArrivingDisk serveAgain(Path disk, Optional<ArrivingImage> image) throws IOException {
        return ArrivingDisk.again(disk, image, disks());
    }

    private Disks disks() {
        return new Disks(host.dataDir, DiskConfig.defaults());
    }

    @Override
    public void flush(Path disk) {
        points.pass("flush");
    }

    @Override
    public long occupied(Path file) {
        return allocated(file);
    }

    @Override
    public long allocated(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new DiskException("size", e);
        }
    }

    @Override
    public boolean sharesBlocks() {
        return false;
    }

    @Override
    public KernelImage kernel() {
        return new KernelImage("6.1.0", Path.of("vmlinux"), Path.of("initramfs"));
    }

    @Override
    public void clone(Path disk, Path target, MemorySize size) {
        points.pass("before clone");
        try {
            Files.copy(disk, target, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new DiskException("clone", e);
        }
        points.pass("after clone");
    }

    @Override
    public MemorySize free() {
        return MemorySize.ofMib(10_000);
    }

    @Override
    public void requireReserve() {
        if (host.diskFull)
            new Disks(host.dataDir, DiskConfig.defaults()).requireFree(MORE_THAN_ANY_DISK);
    }
}
