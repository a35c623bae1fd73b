package dev.wrenn.control.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.control.domain.images.ObjectStore;
import dev.wrenn.control.domain.images.ObjectStoreException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryObjectsTest extends ObjectStoreContract {
    @TempDir Path directory;

    @Override
    ObjectStore store() {
        return new DirectoryObjects(directory.resolve("objects"));
    }

    @Test
    void filesAreForTheOwnerOnlyAndDirectoriesGoWithTheirLastObject() throws Exception {
        var objects = store();
        objects.put("capsules/cl-1/chunks/aa", bytes("one"));
        var file = directory.resolve("objects/capsules/cl-1/chunks/aa");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        objects.delete(List.of("capsules/cl-1/chunks/aa"));
        assertThat(directory.resolve("objects/capsules")).doesNotExist();
    }

    @Test
    void noKeyLeadsOutOfTheDirectory() {
        var objects = store();
        for (var key : List.of("../x", "a/../../x", "/x"))
            assertThatThrownBy(() -> objects.put(key, new byte[1]))
                    .isInstanceOf(IllegalArgumentException.class);
        assertThat(directory.resolve("x")).doesNotExist();
    }

    @Test
    void whatTheFileSystemRefusesIsSaid() throws Exception {
        Files.writeString(directory.resolve("objects"), "a file");
        assertThatThrownBy(this::store).isInstanceOf(ObjectStoreException.class);
        Files.delete(directory.resolve("objects"));
        var objects = store();
        objects.put("capsules", bytes("an object where others want a directory"));
        assertThatThrownBy(() -> objects.put("capsules/cl-1/chunks/aa", bytes("one")))
                .isInstanceOf(ObjectStoreException.class)
                .hasMessage("an object cannot be written");
    }
}
