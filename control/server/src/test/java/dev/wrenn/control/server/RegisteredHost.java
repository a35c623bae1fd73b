package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/// A host that registered the way agents do.
///
/// @param papers what it was given last
record RegisteredHost(ApiProbe any, KeyPair keys, JsonNode papers) {
    /// @param made the answer to adding it
    static RegisteredHost register(ApiProbe any, ApiProbe.Answer made, String address)
            throws Exception {
        var keys = keys("EC", "secp256r1");
        var token = made.body().path("registration_token").asString();
        var answer = any.with(Map.of()).post("/v1/hosts/register", body(token, keys, address));
        assertThat(answer.status()).as(answer.text()).isEqualTo(201);
        return new RegisteredHost(any, keys, answer.body());
    }

    static String body(String token, KeyPair keys, String address) throws Exception {
        return JsonNodeFactory.instance
                .objectNode()
                .put("token", token)
                .put("arch", "x86_64")
                .put("cpu_cores", 8)
                .put("memory_mb", 16_384)
                .put("disk_gb", 500)
                .put("address", address)
                .put("csr_pem", request(keys))
                .toString();
    }

    static KeyPair keys(String algorithm, String curve) throws Exception {
        var generator = KeyPairGenerator.getInstance(algorithm);
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    static String request(KeyPair keys) throws Exception {
        var builder =
                new JcaPKCS10CertificationRequestBuilder(
                        new X500Principal("CN=whatever"), keys.getPublic());
        return pem(
                builder.build(
                        new JcaContentSignerBuilder("SHA256withECDSA").build(keys.getPrivate())));
    }

    static String pem(Object object) throws Exception {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    String id() {
        return papers.at("/host/id").asString();
    }

    String refreshToken() {
        return papers.path("refresh_token").asString();
    }

    /// As the agent of this host.
    ApiProbe api() {
        return any.with(Map.of("X-Host-Token", papers.path("token").asString()));
    }

    ApiProbe.Answer heartbeat() {
        return api().post("/v1/hosts/" + id() + "/heartbeat", null);
    }

    ApiProbe.Answer refresh() throws Exception {
        var body =
                JsonNodeFactory.instance
                        .objectNode()
                        .put("refresh_token", refreshToken())
                        .put("csr_pem", request(keys));
        return any.with(Map.of()).post("/v1/hosts/auth/refresh", body.toString());
    }

    /// With what a refresh gave.
    RegisteredHost with(ApiProbe.Answer refreshed) {
        assertThat(refreshed.status()).as(refreshed.text()).isEqualTo(200);
        return new RegisteredHost(any, keys, refreshed.body());
    }
}
