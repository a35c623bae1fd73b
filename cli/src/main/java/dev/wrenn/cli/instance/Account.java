package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.cli.DataDir;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// The one user, team and key that an instance starts with: chosen here once, given to the control
/// plane by file, and to clients in `credentials.json`. Both files have mode 0600.
final class Account {
    private static final String EMAIL = "admin@wrenn.local";
    private static final int KEY_BYTES = 16;
    private static final int HOST_TOKEN_BYTES = 32;

    private final DataDir data;
    private final SecureRandom random;

    Account(DataDir data, SecureRandom random) {
        this.data = data;
        this.random = random;
    }

    /// Writes what the control plane starts with: who was chosen the first time, and where the host
    /// agent is this time.
    void writeBootstrap(String password, String agentAddress) throws IOException {
        var known = known();
        var bootstrap = JsonNodeFactory.instance.objectNode();
        bootstrap.put("email", known.path("email").asString(EMAIL));
        bootstrap.put("password", password);
        bootstrap.put("api_key", known.path("api_key").asString(newKey()));
        bootstrap.put(
                "user_id",
                known.path("user_id").asString(new UserId(UUID.randomUUID()).toString()));
        bootstrap.put(
                "team_id",
                known.path("team_id").asString(new TeamId(UUID.randomUUID()).toString()));
        bootstrap.put(
                "host_id",
                known.path("host_id").asString(new HostId(UUID.randomUUID()).toString()));
        bootstrap.put("host_address", agentAddress);
        var hostToken = new byte[HOST_TOKEN_BYTES];
        random.nextBytes(hostToken);
        var text = HexFormat.of().formatHex(hostToken);
        bootstrap.put("host_token", text);
        AtomicFiles.write(data.hostToken(), text.getBytes(UTF_8));
        write(data.bootstrap(), bootstrap);
    }

    /// Writes what a client needs.
    void writeCredentials(String apiUrl) throws IOException {
        var known = known();
        var credentials = JsonNodeFactory.instance.objectNode();
        credentials.put("api_url", apiUrl);
        for (var name : new String[] {"email", "password", "api_key", "team_id"})
            credentials.set(name, known.path(name));
        write(data.credentials(), credentials);
    }

    private JsonNode known() throws IOException {
        if (!Files.exists(data.bootstrap())) return JsonNodeFactory.instance.objectNode();
        try {
            return JsonMapper.shared().readTree(Files.readAllBytes(data.bootstrap()));
        } catch (JacksonException e) {
            throw new InstanceException(data.bootstrap() + " is damaged", e);
        }
    }

    private String newKey() {
        var bytes = new byte[KEY_BYTES];
        random.nextBytes(bytes);
        return "wrn_" + HexFormat.of().formatHex(bytes);
    }

    private static void write(java.nio.file.Path file, ObjectNode content) throws IOException {
        AtomicFiles.write(file, (content.toPrettyString() + "\n").getBytes(UTF_8));
    }
}
