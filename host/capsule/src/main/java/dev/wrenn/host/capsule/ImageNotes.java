package dev.wrenn.host.capsule;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.host.memory.LoadedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What a restore must know of the guest in an image.
///
/// @param token that the guest asks of everyone; empty before its first `/init`. In the image
///   because the memory has it too: who can read one can read the other
/// @param metadata versions of kernel, VMM and envd
record ImageNotes(Optional<Secret> token, Map<String, String> metadata) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    ImageNotes {
        metadata = Map.copyOf(metadata);
    }

    private record Stored(String token, Map<String, String> metadata) {}

    void write(Path file) throws IOException {
        var bytes =
                JSON.writeValueAsBytes(new Stored(token.map(Secret::reveal).orElse(""), metadata));
        try (var out =
                Files.newByteChannel(
                        file,
                        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                        PosixFilePermissions.asFileAttribute(
                                PosixFilePermissions.fromString("rw-------")))) {
            var buffer = java.nio.ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining()) out.write(buffer);
        }
    }

    /// @throws IOException also when they are not what [#write(Path)] wrote
    static ImageNotes read(LoadedImage image) throws IOException {
        try {
            var stored = JSON.readValue(Files.readAllBytes(image.notes()), Stored.class);
            return new ImageNotes(
                    stored.token.isEmpty()
                            ? Optional.empty()
                            : Optional.of(new Secret(stored.token)),
                    stored.metadata);
        } catch (JacksonException | NullPointerException e) {
            throw new IOException("notes of the image cannot be read", e);
        }
    }
}
