package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.host.vmm.DiskRate;
import dev.wrenn.host.vmm.VmmChoice;
import dev.wrenn.host.vmm.VmmConfig;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AgentConfigTest {
    private static Map<String, String> with(String... more) {
        var env = new HashMap<String, String>();
        env.put("WRENN_TLS_CERT", "a.crt");
        env.put("WRENN_TLS_KEY", "a.key");
        env.put("WRENN_TLS_CA", "ca.crt");
        for (int i = 0; i < more.length; i += 2) env.put(more[i], more[i + 1]);
        return env;
    }

    @Test
    void defaults() {
        var config = AgentConfig.from(with());
        assertThat(config.dataDir()).isEqualTo(Path.of("/var/lib/wrenn"));
        assertThat(config.address()).isEqualTo("127.0.0.1");
        assertThat(config.port()).isZero();
        assertThat(config.accel()).isEqualTo(VmmConfig.Mode.AUTO);
        assertThat(config.vmm()).isEqualTo(VmmChoice.QEMU);
        assertThat(config.firecracker()).isEqualTo("firecracker");
        assertThat(config.slotPool()).isEqualTo(24);
        assertThat(config.memoryOvercommit()).isEqualTo(1.5);
        assertThat(config.disk()).isEqualTo(new DiskRate(256 << 20, 10_000));
        assertThat(config.guestDns())
                .containsExactly(
                        InetAddress.ofLiteral("8.8.8.8"), InetAddress.ofLiteral("8.8.4.4"));
        assertThat(config.bootLimit()).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void everySettingIsRead() {
        var config =
                AgentConfig.from(
                        with(
                                "WRENN_DIR", "/data",
                                "WRENN_HOST_LISTEN_ADDR", "0.0.0.0:9443",
                                "WRENN_ACCEL", "tcg",
                                "WRENN_VMM", "auto",
                                "WRENN_FIRECRACKER_BIN", "/opt/firecracker",
                                "WRENN_SLOT_POOL", "0",
                                "WRENN_MEMORY_OVERCOMMIT", "0.5",
                                "WRENN_VCPU_OVERCOMMIT", "2",
                                "WRENN_DISK_RESERVE_MB", "10",
                                "WRENN_DISK_MIB_S", "4096",
                                "WRENN_DISK_IOPS", "0",
                                "WRENN_GUEST_DNS", "1.1.1.1, ::1",
                                "WRENN_HOST_BOOT_LIMIT", "30s",
                                "WRENN_PORT", "of another process"));
        assertThat(config.address()).isEqualTo("0.0.0.0");
        assertThat(config.port()).isEqualTo(9443);
        assertThat(config.accel()).isEqualTo(VmmConfig.Mode.TCG);
        assertThat(config.vmm()).isEqualTo(VmmChoice.AUTO);
        assertThat(config.firecracker()).isEqualTo("/opt/firecracker");
        assertThat(config.memoryOvercommit()).isEqualTo(0.5);
        assertThat(config.vcpuOvercommit()).isEqualTo(2);
        assertThat(config.diskReserveMib()).isEqualTo(10);
        assertThat(config.disk()).isEqualTo(new DiskRate(4L << 30, 0));
        assertThat(config.guestDns()).hasSize(2);
        assertThat(config.bootLimit()).isEqualTo(Duration.ofSeconds(30));
    }

    @Test
    void withoutFilesItRegisters() {
        var env =
                java.util.Map.of(
                        "WRENN_HOST_LISTEN_ADDR", "10.0.0.7:9443",
                        "WRENN_CONTROL_PLANE", "http://a:8080/, https://b");
        var config = AgentArguments.of(new String[] {"--register", "secret"}, env).config();
        assertThat(config.identity()).isInstanceOf(AgentConfig.Identity.Fleet.class);
        if (config.identity() instanceof AgentConfig.Identity.Fleet(var fleet)) {
            assertThat(fleet.controlPlaneText()).isEqualTo("http://a:8080,https://b");
            assertThat(fleet.address()).isEqualTo("10.0.0.7:9443");
            assertThat(fleet.registration().orElseThrow().reveal()).isEqualTo("secret");
            assertThat(fleet.heartbeat()).isEqualTo(Duration.ofSeconds(30));
            assertThat(fleet.grace()).isEqualTo(Duration.ofSeconds(90));
        }
        assertThat(config.toString()).doesNotContain("secret");
    }

    @Test
    void argumentsWinOverVariables() {
        var args = new String[] {"--address", "1.2.3.4:5", "--control-plane", "http://cp"};
        var config = AgentArguments.of(args, java.util.Map.of("WRENN_CONTROL_PLANE", "x")).config();
        assertThat(config.address() + ":" + config.port()).isEqualTo("1.2.3.4:5");
        assertThatThrownBy(() -> AgentArguments.of(new String[] {"--no"}, java.util.Map.of()))
                .isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> AgentConfig.from(java.util.Map.of()))
                .hasMessageContaining("WRENN_CONTROL_PLANE");
    }

    @ParameterizedTest
    @CsvSource({
        "WRENN_HOST_LISTEN_ADDR, 8443",
        "WRENN_HOST_LISTEN_ADDR, localhost:99999",
        "WRENN_ACCEL, xen",
        "WRENN_VMM, xen",
        "WRENN_SLOT_POOL, 65",
        "WRENN_MEMORY_OVERCOMMIT, 11",
        "WRENN_MEMORY_OVERCOMMIT, NaN",
        "WRENN_VCPU_OVERCOMMIT, 0",
        "WRENN_DISK_MIB_S, -1",
        "WRENN_DISK_IOPS, 99",
        "WRENN_GUEST_DNS, dns.example",
        "WRENN_HOST_BOOT_LIMIT, 5",
        "WRENN_HOST_TYPO, 1",
        "WRENN_SLOT_TYPO, 1",
        "WRENN_TLS_CA, ''",
    })
    void wrongValuesNameTheVariable(String name, String value) {
        assertThatThrownBy(() -> AgentConfig.from(with(name, value)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(name);
    }
}
