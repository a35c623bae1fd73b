package dev.wrenn.control.server;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.control.domain.fleet.HostTokenText;
import dev.wrenn.control.domain.identity.ApiKeyText;
import dev.wrenn.control.domain.identity.PasswordHash;
import dev.wrenn.control.domain.identity.Seed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.Optional;
import java.util.random.RandomGenerator;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Reads the file that the launcher leaves for the first start: JSON with `email`, `password`,
/// `api_key`, `team_id`, `user_id`, and the local host as `host_id` and `host_address` (or as an
/// object `host` of `id` and `address`), with the token it registers with as `host_token`. It holds
/// secrets, so only its owner may read it.
final class Bootstrap {
    private Bootstrap() {}

    /// @param random of the password's salt
    /// @throws ConfigException when the file is not usable; its content is never repeated
    static Seed read(Path file, RandomGenerator random) {
        try {
            var open = EnumSet.copyOf(Files.getPosixFilePermissions(file));
            open.remove(PosixFilePermission.OWNER_READ);
            open.remove(PosixFilePermission.OWNER_WRITE);
            if (!open.isEmpty())
                throw new ConfigException(file + ": others have access (expected: mode 0600)");
            return seed(file, JsonMapper.shared().readTree(Files.readAllBytes(file)), random);
        } catch (IOException e) {
            throw new ConfigException(file + ": cannot be read");
        } catch (JacksonException e) {
            throw new ConfigException(file + ": not JSON");
        } catch (InvalidIdException e) {
            throw new ConfigException(file + ": " + e.getMessage());
        }
    }

    private static Seed seed(Path file, JsonNode json, RandomGenerator random) {
        var key = text(file, json, "/api_key", "/api_key");
        if (!ApiKeyText.valid(key))
            throw new ConfigException(file + ": api_key (expected: wrn_ and 32 hex digits)");
        var password = text(file, json, "/password", "/password");
        return new Seed(
                UserId.parse(text(file, json, "/user_id", "/user_id")),
                text(file, json, "/email", "/email"),
                () -> PasswordHash.of(password, random),
                TeamId.parse(text(file, json, "/team_id", "/team_id")),
                ApiKeyText.hash(key),
                ApiKeyText.prefix(key),
                HostId.parse(text(file, json, "/host_id", "/host/id")),
                text(file, json, "/host_address", "/host/address"),
                hostToken(file, json));
    }

    private static Optional<String> hostToken(Path file, JsonNode json) {
        var token = json.at("/host_token");
        if (token.isMissingNode()) return Optional.empty();
        if (!token.isString() || !HostTokenText.valid(token.stringValue()))
            throw new ConfigException(file + ": host_token (expected: 64 hex digits)");
        return Optional.of(HostTokenText.hash(token.stringValue()));
    }

    private static String text(Path file, JsonNode json, String path, String other) {
        var node = json.at(path);
        if (!node.isString()) node = json.at(other);
        if (!node.isString() || node.stringValue().isBlank())
            throw new ConfigException(file + ": " + path.substring(1) + " is missing");
        return node.stringValue();
    }
}
