package dev.wrenn.cli.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// The session that `wrenn login` began, kept in a file of mode 0600.
record SessionFile(Path path) {
    static SessionFile of(DataDir data) {
        return new SessionFile(data.session());
    }

    void write(URI api, String token) {
        var content = JsonNodeFactory.instance.objectNode();
        content.put("api_url", api.toString()).put("token", token);
        try {
            var directory = path.toAbsolutePath().getParent();
            if (directory != null) Files.createDirectories(directory);
            AtomicFiles.write(path, (content.toPrettyString() + "\n").getBytes(UTF_8));
        } catch (IOException e) {
            throw new CommandFailure(path + " cannot be written: " + e.getMessage(), e);
        }
    }

    /// @throws CommandFailure when nobody is signed in
    Credentials read() {
        try {
            var content = JsonMapper.shared().readTree(Files.readAllBytes(path));
            return new Credentials(
                    Credentials.parse(content.path("api_url").asString("")),
                    new Secret(content.path("token").asString("")),
                    true);
        } catch (NoSuchFileException e) {
            throw new CommandFailure("not signed in: ./wrenn login", e);
        } catch (IOException | JacksonException e) {
            throw new CommandFailure(path + " cannot be read: " + e.getMessage(), e);
        }
    }

    void delete() {
        try {
            AtomicFiles.delete(path);
        } catch (IOException e) {
            throw new CommandFailure(path + " cannot be deleted: " + e.getMessage(), e);
        }
    }
}
