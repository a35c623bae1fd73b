package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// Adding hosts, and what they prove themselves with.
class HostsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final String ADDRESS = "10.255.255.1:9443"; // nothing is there
    private static final String REGULAR = "{\"type\":\"regular\",\"provider\":\"own\"}";

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static ApiProbe admin;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        admin = api.signIn(stack.email, Stack.PASSWORD);
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static RegisteredHost registered() throws Exception {
        return RegisteredHost.register(api, admin.post("/v1/hosts", REGULAR), ADDRESS);
    }

    private static int register(String body) {
        return api.with(Map.of()).post("/v1/hosts/register", body).status();
    }

    private static void sql(String statement) throws Exception {
        try (var connection = POSTGRES.connect();
                var s = connection.createStatement()) {
            s.execute(statement);
        }
    }

    @Test
    void aHostIsPendingUntilItRegisters() throws Exception {
        var made = admin.post("/v1/hosts", REGULAR);
        assertThat(made.status()).isEqualTo(201);
        assertThat(made.body().at("/host/status").asString()).isEqualTo("pending");
        var host = RegisteredHost.register(api, made, ADDRESS);
        var shown = admin.get("/v1/hosts/" + host.id()).body();
        assertThat(shown.path("status").asString()).isEqualTo("online");
        assertThat(shown.path("address").asString()).isEqualTo(ADDRESS);
        assertThat(shown.path("cpu_cores").asInt()).isEqualTo(8);
        assertThat(shown.path("provider").asString()).isEqualTo("own");
        assertThat(shown.has("certificate_expires_at")).isTrue();
        assertThat(shown.toString()).doesNotContain("token", "PRIVATE");
    }

    @Test
    void aTokenIsGoodForOneRegistration() throws Exception {
        var made = admin.post("/v1/hosts", REGULAR);
        RegisteredHost.register(api, made, ADDRESS);
        var token = made.body().path("registration_token").asString();
        var keys = RegisteredHost.keys("EC", "secp256r1");
        assertThat(register(RegisteredHost.body(token, keys, ADDRESS))).isEqualTo(401);
    }

    @Test
    void ofManyWhoUseATokenOneRegisters() throws Exception {
        var made = admin.post("/v1/hosts", REGULAR);
        var token = made.body().path("registration_token").asString();
        var body = RegisteredHost.body(token, RegisteredHost.keys("EC", "secp256r1"), ADDRESS);
        var calls = new ArrayList<Callable<Integer>>();
        for (int i = 0; i < 10; i++) calls.add(() -> register(body));
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var statuses = new ArrayList<Integer>();
            for (var done : pool.invokeAll(calls)) statuses.add(done.get());
            assertThat(statuses).containsOnlyOnce(201);
            assertThat(statuses).containsOnly(201, 401);
        }
    }

    @Test
    void whatCannotBeCertifiedDoesNotUseUpTheToken() throws Exception {
        var made = admin.post("/v1/hosts", REGULAR);
        var token = made.body().path("registration_token").asString();
        var good = RegisteredHost.keys("EC", "secp256r1");
        var body = RegisteredHost.body(token, good, ADDRESS);
        var other = RegisteredHost.request(RegisteredHost.keys("EC", "secp384r1"));
        var forged = RegisteredHost.request(good).replaceFirst("(?s)(.{60})..", "$1AA");
        for (var bad : List.of("x", other, forged))
            assertThat(register(withRequest(body, bad))).as(bad).isEqualTo(400);
        assertThat(register(body.replace(ADDRESS, "nowhere"))).isEqualTo(400);
        assertThat(register(body.replace("\"cpu_cores\":8", "\"cpu_cores\":0"))).isEqualTo(400);
        assertThat(register(body)).isEqualTo(201);
    }

    private static String withRequest(String body, String request) {
        var json = (ObjectNode) JsonMapper.shared().readTree(body);
        return json.put("csr_pem", request).toString();
    }

    @Test
    void aTokenThatIsTooOldOrWasReplacedIsRefused() throws Exception {
        var made = admin.post("/v1/hosts", REGULAR);
        var id = made.body().at("/host/id").asString();
        var token = made.body().path("registration_token").asString();
        var again = admin.post("/v1/hosts/" + id + "/token", null);
        assertThat(again.status()).isEqualTo(201);
        var keys = RegisteredHost.keys("EC", "secp256r1");
        assertThat(register(RegisteredHost.body(token, keys, ADDRESS))).isEqualTo(401);
        var next = again.body().path("registration_token").asString();
        sql("update host_tokens set expires_at = now() - interval '1 s' where used_at is null");
        assertThat(register(RegisteredHost.body(next, keys, ADDRESS))).isEqualTo(401);
        assertThat(register(RegisteredHost.body("0".repeat(64), keys, ADDRESS))).isEqualTo(401);
    }

    @Test
    void theCertificateIsForTheIdAndTheAddressAndEndsInAWeek() throws Exception {
        var host = registered();
        var certificate = certificate(host, "cert_pem");
        certificate.verify(certificate(host, "ca_cert_pem").getPublicKey());
        assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=" + host.id());
        assertThat(certificate.getSubjectAlternativeNames().toString())
                .contains("10.255.255.1", host.id());
        assertThat(certificate.getPublicKey()).isEqualTo(host.keys().getPublic());
        assertThat(certificate.getBasicConstraints()).as("is no authority").isEqualTo(-1);
        var ends = certificate.getNotAfter().toInstant();
        assertThat(ends)
                .isBetween(
                        Instant.now().plus(Duration.ofDays(6)),
                        Instant.now().plus(Duration.ofDays(8)));
        assertThat(certificate.getNotBefore().toInstant())
                .as("clocks may differ by five minutes")
                .isBefore(Instant.now().minus(Duration.ofMinutes(4)));
    }

    private static X509Certificate certificate(RegisteredHost host, String field) throws Exception {
        var pem = host.papers().path(field).asString().getBytes(StandardCharsets.US_ASCII);
        return (X509Certificate)
                CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(pem));
    }

    @Test
    void aHeartbeatNeedsTheTokenOfThatHost() throws Exception {
        var one = registered();
        var two = registered();
        assertThat(one.heartbeat().status()).isEqualTo(204);
        assertThat(two.api().post("/v1/hosts/" + one.id() + "/heartbeat", null).status())
                .isEqualTo(403);
        assertThat(admin.post("/v1/hosts/" + one.id() + "/heartbeat", null).status())
                .isEqualTo(401);
        assertThat(one.api().get("/v1/hosts").status()).as("no user").isEqualTo(401);
        var asUser = api.bearer(one.papers().path("token").asString());
        assertThat(asUser.get("/v1/me").status()).as("nor as bearer").isEqualTo(401);
    }

    @Test
    void aHeartbeatTellsWhereTheAgentIsNow() throws Exception {
        var host = registered();
        var path = "/v1/hosts/" + host.id() + "/heartbeat";
        assertThat(host.api().post(path, "{\"address\":\"10.9.9.9:1\"}").status()).isEqualTo(204);
        assertThat(admin.get("/v1/hosts/" + host.id()).body().path("address").asString())
                .isEqualTo("10.9.9.9:1");
        assertThat(host.api().post(path, "{\"address\":\"10.9.9.9\"}").status()).isEqualTo(400);
    }

    @Test
    void theOldTokensAreGoodUntilTheNewOnesAreUsed() throws Exception {
        var first = registered();
        var lost = first.refresh(); // the answer never arrives
        assertThat(lost.status()).isEqualTo(200);
        assertThat(first.heartbeat().status()).isEqualTo(204);
        var second = first.with(first.refresh());
        assertThat(first.with(lost).heartbeat().status()).as("was never taken").isEqualTo(401);
        assertThat(first.heartbeat().status()).isEqualTo(204);
        assertThat(second.heartbeat().status()).isEqualTo(204);
        assertThat(first.heartbeat().status()).as("revoked by use").isEqualTo(401);
        assertThat(first.refresh().status()).isEqualTo(401);
        assertThat(second.heartbeat().status()).as("a late repetition").isEqualTo(204);
    }

    @Test
    void aRevokedTokenThatComesBackEndsAllOfTheHost() throws Exception {
        var first = registered();
        var second = first.with(first.refresh());
        assertThat(second.heartbeat().status()).isEqualTo(204);
        sql("update host_refresh_tokens set revoked_at = revoked_at - interval '1 min'");
        assertThat(first.refresh().status()).isEqualTo(401);
        assertThat(second.heartbeat().status()).isEqualTo(401);
        assertThat(second.refresh().status()).isEqualTo(401);
        assertThat(audit()).contains(first.id() + " token_reuse error");
    }

    @Test
    void anExpiredRefreshTokenIsRefused() throws Exception {
        var host = registered();
        sql(
                "update host_refresh_tokens set expires_at = now() where host_id = (select host_id"
                        + " from host_refresh_tokens order by created_at desc limit 1)");
        assertThat(host.refresh().status()).isEqualTo(401);
    }

    @Test
    void anUnreachableHostCanRegisterAgain() throws Exception {
        var host = registered();
        var path = "/v1/hosts/" + host.id() + "/token";
        assertThat(admin.post(path, null).code()).isEqualTo("invalid_state");
        var id = dev.wrenn.common.model.HostId.parse(host.id()).value();
        sql("update hosts set status = 'unreachable' where id = '" + id + "'");
        var renewed = admin.post(path, null);
        var again = RegisteredHost.register(api, renewed, ADDRESS);
        assertThat(again.id()).isEqualTo(host.id());
        assertThat(host.heartbeat().status()).as("what it had is void").isEqualTo(401);
        assertThat(again.heartbeat().status()).isEqualTo(204);
    }

    @Test
    void teamsAddAndSeeOnlyTheirOwn() throws Exception {
        var owner = Person.signUp(api, "Owner");
        var body = Person.body("type", "byoc", "team_id", owner.team());
        assertThat(owner.api().post("/v1/hosts", REGULAR).status()).isEqualTo(403);
        assertThat(owner.api().post("/v1/hosts", body).status()).as("not enabled").isEqualTo(403);
        var team = TeamId.parse(owner.team()).value();
        sql("update teams set is_byoc = true where id = '" + team + "'");
        var made = owner.api().post("/v1/hosts", body);
        assertThat(made.status()).isEqualTo(201);
        var id = made.body().at("/host/id").asString();
        assertThat(owner.api().get("/v1/hosts").body()).hasSize(1);
        var other = Person.signUp(api, "Other");
        assertThat(other.api().post("/v1/hosts", body).status()).isEqualTo(403);
        assertThat(other.api().get("/v1/hosts").body()).isEmpty();
        assertThat(other.api().get("/v1/hosts/" + id).status()).isEqualTo(404);
        assertThat(admin.get("/v1/hosts/" + id).body().path("team_name").asString()).isNotEmpty();
        assertThat(api.get("/v1/hosts").status()).as("an API key").isEqualTo(401);
    }

    @Test
    void hostsAreTaggedAndSetAside() throws Exception {
        var host = registered();
        var path = "/v1/hosts/" + host.id();
        assertThat(admin.post(path + "/tags", "{\"tag\":\"gpu\"}").status()).isEqualTo(204);
        assertThat(admin.post(path + "/tags", "{\"tag\":\"gpu\"}").status()).isEqualTo(204);
        assertThat(admin.post(path + "/tags", "{\"tag\":\"a b\"}").status()).isEqualTo(400);
        assertThat(admin.get(path + "/tags").text()).isEqualTo("[\"gpu\"]");
        assertThat(admin.delete(path + "/tags/gpu").status()).isEqualTo(204);
        assertThat(admin.get(path + "/tags").text()).isEqualTo("[]");
        assertThat(admin.post(path + "/drain", null).body().path("status").asString())
                .isEqualTo("draining");
        assertThat(admin.delete(path + "/drain").body().path("status").asString())
                .isEqualTo("online");
        assertThat(audit())
                .contains(
                        host.id() + " create success",
                        host.id() + " register success",
                        host.id() + " tag_add info",
                        host.id() + " drain info",
                        host.id() + " undrain info");
    }

    /// What the platform's trail tells of hosts.
    private static List<String> audit() {
        var all = new ArrayList<String>();
        var page = admin.get("/v1/admin/audit-logs?resource_type=host&limit=200").body();
        for (var entry : page.path("items"))
            all.add(
                    entry.path("resource_id").asString()
                            + " "
                            + entry.path("action").asString()
                            + " "
                            + entry.path("status").asString());
        return all;
    }
}
