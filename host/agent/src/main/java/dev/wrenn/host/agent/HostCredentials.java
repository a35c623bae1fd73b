package dev.wrenn.host.agent;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.runtime.AtomicFiles;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

/// What this host proves itself with, kept in `{D}/host-credentials.json` with mode 0600.
///
/// @param host `host-…`
/// @param controlPlane where they came from, as it was configured
/// @param made when they were issued
/// @param ends when the certificate does
record HostCredentials(
        String host,
        String controlPlane,
        String address,
        Secret token,
        Secret refresh,
        Tls.Papers papers,
        Instant made,
        Instant ends) {
    private static final String FILE = "host-credentials.json";

    static Path file(Path dataDir) {
        return dataDir.resolve(FILE);
    }

    /// @return empty when there are none, or none that can be read
    static Optional<HostCredentials> read(Path dataDir) {
        try {
            return Optional.of(of(JsonMapper.shared().readTree(Files.readAllBytes(file(dataDir)))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | JacksonException | DateTimeException e) {
            throw new AgentException(file(dataDir) + " cannot be used: register again", e);
        }
    }

    private static HostCredentials of(JsonNode json) {
        return new HostCredentials(
                json.path("host_id").asString(),
                json.path("control_plane").asString(),
                json.path("address").asString(),
                new Secret(json.path("token").asString()),
                new Secret(json.path("refresh_token").asString()),
                new Tls.Papers(
                        json.path("ca_cert_pem").asString(),
                        json.path("cert_pem").asString(),
                        new Secret(json.path("key_pem").asString())),
                Instant.parse(json.path("issued_at").asString()),
                Instant.parse(json.path("cert_expires_at").asString()));
    }

    /// From an answer to a registration or a refresh.
    static HostCredentials of(
            JsonNode answer, Secret key, String controlPlane, String address, Instant now) {
        try {
            return new HostCredentials(
                    answer.at("/host/id").asString(),
                    controlPlane,
                    address,
                    new Secret(answer.path("token").asString()),
                    new Secret(answer.path("refresh_token").asString()),
                    new Tls.Papers(
                            answer.path("ca_cert_pem").asString(),
                            answer.path("cert_pem").asString(),
                            key),
                    now,
                    Instant.parse(answer.path("cert_expires_at").asString()));
        } catch (JacksonException | DateTimeException e) {
            throw new AgentException("the control plane's answer cannot be read", e);
        }
    }

    /// Durable when this returns.
    void write(Path dataDir) {
        var json = JsonNodeFactory.instance.objectNode();
        json.put("host_id", host)
                .put("control_plane", controlPlane)
                .put("address", address)
                .put("token", token.reveal())
                .put("refresh_token", refresh.reveal())
                .put("ca_cert_pem", papers.authority())
                .put("cert_pem", papers.certificate())
                .put("key_pem", papers.key().reveal())
                .put("issued_at", made.toString())
                .put("cert_expires_at", ends.toString());
        try {
            AtomicFiles.write(file(dataDir), json.toPrettyString().getBytes(UTF_8));
        } catch (IOException e) {
            throw new AgentException(file(dataDir) + " cannot be written", e);
        }
    }

    /// Durable when this returns.
    static void delete(Path dataDir) {
        try {
            AtomicFiles.delete(file(dataDir));
        } catch (IOException e) {
            throw new AgentException(file(dataDir) + " cannot be deleted", e);
        }
    }

    /// Half of the certificate's life is over: time for the next.
    boolean worn(Instant now) {
        var half = made.plus(java.time.Duration.between(made, ends).dividedBy(2));
        return !now.isBefore(half);
    }

    boolean expired(Instant now) {
        return !now.isBefore(ends);
    }
}
