package dev.wrenn.control.objects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryObjectsTest {
    @TempDir Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Test
    void objectsAreKeptListedReplacedAndDeleted() throws Exception {
        var objects = new DirectoryObjects(directory.resolve("objects"));
        assertThat(objects.list("capsules/")).isEmpty();
        objects.put("capsules/cl-1/chunks/aa", bytes("one"));
        objects.put("capsules/cl-1/chunks/bb", bytes("two"));
        objects.put("capsules/cl-10/chunks/aa", bytes("other"));
        objects.put("capsules/cl-1/chunks/aa", bytes("three"));
        assertThat(objects.get("capsules/cl-1/chunks/aa")).contains(bytes("three"));
        assertThat(objects.get("capsules/cl-1/chunks/cc")).isEmpty();
        assertThat(objects.list("capsules/cl-1/"))
                .containsExactlyInAnyOrder("capsules/cl-1/chunks/aa", "capsules/cl-1/chunks/bb");
        var file = directory.resolve("objects/capsules/cl-1/chunks/aa");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        objects.delete(List.of("capsules/cl-1/chunks/aa", "capsules/cl-1/chunks/bb", "capsules/x"));
        assertThat(objects.list("capsules/cl-1/")).isEmpty();
        assertThat(directory.resolve("objects/capsules/cl-1")).doesNotExist();
        assertThat(new DirectoryObjects(directory.resolve("objects")).list("capsules/"))
                .containsExactly("capsules/cl-10/chunks/aa");
    }

    @Test
    void noKeyLeadsOutOfTheDirectory() {
        var objects = new DirectoryObjects(directory.resolve("objects"));
        for (var key : List.of("../x", "a/../../x", "/x", "a//b", "", ".x", "a/.b", "A"))
            assertThatThrownBy(() -> objects.put(key, new byte[1]))
                    .isInstanceOf(IllegalArgumentException.class);
        assertThat(directory.resolve("x")).doesNotExist();
    }
}
