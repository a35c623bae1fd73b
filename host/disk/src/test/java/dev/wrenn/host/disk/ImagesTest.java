package dev.wrenn.host.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
    @TempDir Path data;

    private void template(Path dir, String manifest) throws IOException {
        Files.createDirectories(dir);
        Files.writeString(dir.resolve("rootfs.ext4"), "12345678");
        Files.writeString(dir.resolve("manifest.json"), manifest);
    }

    private static String manifest(long bytes) {
        return """
        {"type": "rootfs", "format": "ext4", "file_bytes": %d, "content_sha256": "abc"}
        """
                .formatted(bytes);
    }

    @Test
    void findsTemplatesByTypedId() throws IOException {
        var team = TeamId.random();
        var template = TemplateId.random();
        template(data.resolve("images/minimal"), manifest(8));
        var dir = data.resolve("images/teams").resolve(team.base36()).resolve(template.base36());
        template(dir, manifest(8));
        var images = new Images(data);
        var minimal = images.template(TeamId.PLATFORM, TemplateId.MINIMAL).orElseThrow();
        assertThat(minimal.size().bytes()).isEqualTo(8);
        assertThat(minimal.content()).isEqualTo("abc");
        assertThat(images.template(team, template).orElseThrow().rootfs())
                .isEqualTo(dir.resolve("rootfs.ext4"));
        assertThat(images.ready()).hasSize(2);
        assertThat(images.template(team, TemplateId.MINIMAL)).isEmpty();
        assertThat(images.template(TeamId.PLATFORM, template)).isEmpty();
    }

    @Test
    void anIncompleteTemplateDoesNotCount() throws IOException {
        var images = new Images(data);
        assertThat(images.ready()).isEmpty();
        var dir = data.resolve("images/minimal");
        for (var bad : new String[] {manifest(9), "{}", "[]", "", "{\"type\": \"rootfs\""}) {
            template(dir, bad);
            assertThat(images.template(TeamId.PLATFORM, TemplateId.MINIMAL)).as(bad).isEmpty();
        }
        template(dir, manifest(8));
        Files.delete(dir.resolve("rootfs.ext4"));
        assertThat(images.ready()).isEmpty();
    }

    @Test
    void theNewestKernelIsTheNumericallyGreatestWithAnInitramfs() throws IOException {
        var kernels = Files.createDirectories(data.resolve("kernels"));
        var images = new Images(data);
        assertThatThrownBy(images::kernel).isInstanceOf(DiskException.class);
        for (var version : new String[] {"6.1.0-9-cloud", "6.1.0-41-cloud", "6.1.0-100-cloud"})
            Files.createFile(kernels.resolve("vmlinux-" + version));
        assertThatThrownBy(images::kernel).hasMessageContaining("no guest kernel");
        Files.createFile(kernels.resolve("initramfs-6.1.0-9-cloud.cpio"));
        Files.createFile(kernels.resolve("initramfs-6.1.0-41-cloud.cpio"));
        assertThat(images.kernel().version()).isEqualTo("6.1.0-41-cloud");
    }

    @Test
    void versionsCompareByNumber() {
        assertThat(Images.compareVersions("6.10.0", "6.9.0")).isPositive();
        assertThat(Images.compareVersions("6.1.0", "6.1.0")).isZero();
        assertThat(Images.compareVersions("6.1", "6.1.1")).isNegative();
        assertThat(Images.compareVersions("5.10.0-rc1", "5.10.0-rc2")).isNegative();
    }
}
