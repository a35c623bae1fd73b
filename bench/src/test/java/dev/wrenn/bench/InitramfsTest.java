package dev.wrenn.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InitramfsTest {
    @TempDir Path directory = Path.of("");
    private Path archive = Path.of("");

    @BeforeEach
    void write() throws IOException {
        archive = directory.resolve("a.cpio");
        Files.writeString(
                archive,
                member("dev", "") + member("init", "12345") + member("TRAILER!!!", ""),
                US_ASCII);
    }

    @Test
    void findsAMemberBehindOthers() {
        assertThat(Initramfs.read(archive, "init")).asString(US_ASCII).isEqualTo("12345");
    }

    @Test
    void saysWhatIsMissing() throws IOException {
        assertThatThrownBy(() -> Initramfs.read(archive, "envd")).hasMessageContaining("no envd");
        Files.writeString(archive, "gzip");
        assertThatThrownBy(() -> Initramfs.read(archive, "init")).hasMessageContaining("newc");
    }

    /// A member as cpio(5) describes it, padded to four bytes.
    private static String member(String name, String content) {
        var header = "070701" + "00000000".repeat(6) + "%08x".formatted(content.length());
        header += "00000000".repeat(4) + "%08x".formatted(name.length() + 1) + "00000000";
        return padded(header + name + "\0") + padded(content);
    }

    private static String padded(String text) {
        return text + "\0".repeat(-text.length() & 3);
    }
}
