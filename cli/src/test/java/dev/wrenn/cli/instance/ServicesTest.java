package dev.wrenn.cli.instance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.pki.Pki;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What the services are told, and what they are not.
class ServicesTest {
    private static final String PASSWORD = "tell-nobody";
    private static final DataDir DATA = new DataDir(Path.of("/data"));

    private static Settings settings(String databaseUrl, String redisUrl, String address) {
        return new Settings(
                databaseUrl,
                redisUrl,
                new InetSocketAddress(InetAddress.ofLiteral(address), 8080),
                20_001,
                20_002,
                20_003,
                PASSWORD,
                PASSWORD,
                PASSWORD);
    }

    private static Services services(Settings settings) {
        return new Services(new Spawner(), DATA, new Pki(DATA.pki()), settings, Map.of());
    }

    @Test
    void embeddedStoresAreNamedWithTheirPasswordsInFiles() {
        var told = services(settings("", "", "127.0.0.1")).controlSettings();
        assertThat(told)
                .containsEntry("DATABASE_URL", "postgres://wrenn@127.0.0.1:20002/wrenn")
                .containsEntry("WRENN_DATABASE_PASSWORD_FILE", "/data/secrets/postgres")
                .containsEntry("REDIS_URL", "redis://127.0.0.1:20003")
                .containsEntry("WRENN_REDIS_PASSWORD_FILE", "/data/secrets/redis")
                .containsEntry("WRENN_CP_LISTEN_ADDR", "127.0.0.1:8080");
        assertThat(told.values()).noneMatch(value -> value.contains(PASSWORD));
    }

    @Test
    void storesOfTheUserArePassedOnAsTheyAre() {
        var settings = settings("postgres://db/x", "rediss://cache", "127.0.0.1");
        assertThat(settings.embeddedPostgres()).isFalse();
        assertThat(settings.embeddedRedis()).isFalse();
        assertThat(services(settings).controlSettings())
                .containsEntry("DATABASE_URL", "postgres://db/x")
                .containsEntry("REDIS_URL", "rediss://cache")
                .doesNotContainKeys("WRENN_DATABASE_PASSWORD_FILE", "WRENN_REDIS_PASSWORD_FILE");
    }

    @Test
    void theAgentListensOnLoopbackAndRegisters() {
        assertThat(services(settings("", "", "0.0.0.0")).agentSettings())
                .containsEntry("WRENN_DIR", "/data/host")
                .containsEntry("WRENN_HOST_LISTEN_ADDR", "127.0.0.1:20001")
                .containsEntry("WRENN_CONTROL_PLANE", "http://127.0.0.1:8080")
                .containsEntry("WRENN_HOST_TOKEN_FILE", "/data/secrets/host-token");
    }

    @Test
    void theEnvironmentIsPassedOnButNotWhatIsForClients() {
        var passed =
                Services.inherited(
                        Map.of(
                                "WRENN_ACCEL", "tcg",
                                "LOG_LEVEL", "DEBUG",
                                "WRENN_API_KEY", "wrn_1",
                                "DATABASE_URL", "postgres://user:secret@db/x",
                                "WRENN_ROOT", "/src"));
        assertThat(passed)
                .containsOnly(Map.entry("WRENN_ACCEL", "tcg"), Map.entry("LOG_LEVEL", "DEBUG"));
    }

    @Test
    void clientsOfThisMachineUseLoopbackWhenAllAddressesListen() {
        assertThat(settings("", "", "0.0.0.0").apiUrl()).isEqualTo("http://127.0.0.1:8080");
        assertThat(settings("", "", "::1").apiUrl()).isEqualTo("http://[0:0:0:0:0:0:0:1]:8080");
        assertThat(settings("", "", "10.1.2.3").listen()).isEqualTo("10.1.2.3:8080");
    }

    @Test
    void passwordsAreNotPrinted() {
        assertThat(settings("", "", "127.0.0.1").toString()).doesNotContain(PASSWORD);
    }

    @Test
    void aVolumeTakesAPartOfTheDiskWithinBounds() {
        assertThat(HostVolume.size(1L << 30).mib()).isEqualTo(4096);
        assertThat(HostVolume.size(100L << 30).mib()).isEqualTo(81_920);
        assertThat(HostVolume.size(1L << 42).mib()).isEqualTo(128 * 1024);
    }
}
