package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/// What a hostile capsule can reach, with real packets. The positive control is a machine in the
/// same outside network with a public address: it is reached, so the probe and the network work.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IsolationVmTest {
    private static final int ENVD = 49983;

    /// Arguments ADDRESS:PORT…; prints ADDRESS:PORT RESULT. Also throws a datagram at each.
    private static final String PROBE =
            """
            import socket, sys, threading
            results = {}
            def probe(target):
                host, port = target.rsplit(":", 1)
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    try:
                        s.sendto(b"probe", (host, int(port)))
                    except OSError:
                        pass
                try:
                    socket.create_connection((host, int(port)), 4).close()
                    results[target] = "reached"
                except OSError as e:
                    results[target] = "refused" if isinstance(e, ConnectionRefusedError) else "silent"
            threads = [threading.Thread(target=probe, args=(t,)) for t in sys.argv[1:]]
            for t in threads: t.start()
            for t in threads: t.join()
            for t in sys.argv[1:]: print(t, results[t])
            """;

    /// Arguments SOURCE TARGET PORT: a datagram from an address that is not the guest's.
    private static final String SPOOF =
            """
            import socket, subprocess, sys
            source, target, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
            subprocess.run(["ip", "address", "add", source + "/32", "dev", "lo"], check=True)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.bind((source, 0))
                s.sendto(b"spoofed", (target, port))
            subprocess.run(["ip", "address", "del", source + "/32", "dev", "lo"], check=True)
            """;

    private final Installation wrenn;
    private final Api api;
    private final Outside outside = new Outside();
    private String attacker = "";
    private String victim = "";

    IsolationVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeAll
    void create() {
        attacker = api.create();
        victim = api.create();
    }

    @AfterAll
    void destroy() {
        outside.close();
        api.destroy(attacker);
        api.destroy(victim);
    }

    @Test
    void thePublicInternetIsReachedFromTheHostsAddress() {
        assertThat(probe(List.of(Outside.INTERNET), Outside.PORT))
                .containsEntry(Outside.INTERNET, "reached");
        Eventually.within(
                Api.BOOT,
                () ->
                        assertThat(outside.seen())
                                .anyMatch(line -> line.startsWith("tcp " + Outside.INTERNET))
                                .anyMatch(line -> line.startsWith("udp " + Outside.INTERNET)));
        // Masqueraded: neither the guest's nor the slot's address leaves the host.
        assertThat(outside.seen()).noneMatch(line -> line.matches(".* from (10\\.|169\\.254).*"));
    }

    @Test
    void privateRangesAndMetadataAreNot() throws IOException {
        for (var address : Outside.FORBIDDEN) { // the host itself reaches them: they are there
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, Outside.PORT), 2000);
            }
        }
        // Connected is before accepted: the listeners' lines about the host come when they come.
        Eventually.within(
                Api.BOOT,
                () ->
                        assertThat(outside.seen())
                                .filteredOn(IsolationVmTest::isForbidden)
                                .hasSize(Outside.FORBIDDEN.size()));
        long tcp = arrived("tcp ");
        long udp = arrived("udp ");
        var targets = new ArrayList<>(Outside.FORBIDDEN);
        targets.add(Outside.INTERNET); // the control, in the same breath
        var results = probe(targets, Outside.PORT);
        assertThat(results.remove(Outside.INTERNET)).isEqualTo("reached");
        assertThat(results.values()).doesNotContain("reached");
        // When the control's lines are there, those of anything else that came through are, too.
        Eventually.within(
                Api.BOOT,
                () -> {
                    assertThat(arrived("tcp ")).isGreaterThan(tcp);
                    assertThat(arrived("udp ")).isGreaterThan(udp);
                });
        assertThat(outside.seen())
                .filteredOn(IsolationVmTest::isForbidden)
                .as("only what the host itself sent")
                .hasSize(Outside.FORBIDDEN.size())
                .allMatch(line -> line.startsWith("tcp "));
    }

    private static boolean isForbidden(String line) {
        return Outside.FORBIDDEN.stream().anyMatch(address -> line.contains(" " + address + " "));
    }

    @Test
    void noServiceOfTheHostIsReached() throws IOException {
        try (var tcp = new ServerSocket();
                var udp = new DatagramSocket(null)) {
            tcp.bind(new InetSocketAddress("0.0.0.0", 0));
            udp.bind(new InetSocketAddress("0.0.0.0", tcp.getLocalPort()));
            tcp.setSoTimeout(500);
            udp.setSoTimeout(500);
            var addresses = hostAddresses();
            assertThat(addresses)
                    .as("also the host's end of the capsule's own link")
                    .anyMatch(address -> address.startsWith("10.12."));
            for (var address : addresses) { // the listener works on every one of them
                try (var socket = new Socket(address, tcp.getLocalPort())) {
                    tcp.accept().close();
                    assertThat(socket.isConnected()).isTrue();
                }
            }
            var results = probe(addresses, tcp.getLocalPort());
            results.putAll(probe(addresses, api.base().getPort()));
            assertThat(results.values()).doesNotContain("reached");
            assertNothingArrives(tcp, udp);
        }
    }

    @Test
    void anotherCapsuleIsNotReached() {
        var address = hostIp(victim);
        // Somebody listens there: the host gets through to both ports.
        api.output(victim, "setsid python3 -m http.server 8000 >/dev/null 2>&1 & ");
        for (int port : new int[] {ENVD, 8000}) {
            Eventually.within(
                    Api.BOOT,
                    () -> {
                        try (var socket = new Socket()) {
                            socket.connect(new InetSocketAddress(address, port), 1000);
                        }
                    });
            assertThat(probe(List.of(address), port)).doesNotContainValue("reached");
        }
    }

    @Test
    void aForeignSourceAddressDoesNotGetOut() {
        var foreign = List.of("203.0.113.66", hostIp(victim), "8.8.8.8", "10.99.1.1");
        // The control: the same program with the guest's own address.
        spoof("169.254.0.21");
        long controls =
                Eventually.within(
                        Api.BOOT,
                        () -> {
                            long arrived = arrived("udp ");
                            assertThat(arrived).isPositive();
                            return arrived;
                        });
        for (var source : foreign) spoof(source);
        spoof("169.254.0.21"); // behind the others: when it is there, they would be too
        Eventually.within(Api.BOOT, () -> assertThat(arrived("udp ")).isGreaterThan(controls));
        assertThat(arrived("udp ")).isEqualTo(controls + 1);
        assertThat(outside.seen()).noneMatch(line -> foreign.stream().anyMatch(line::endsWith));
    }

    @Test
    void theVmmProcessHasNoPowers() {
        var vmm = wrenn.vmm(attacker);
        var other = wrenn.vmm(victim);
        var self = new Proc(ProcessHandle.current().pid());
        assertThat(vmm.field("Uid").split("\\s+"))
                .hasSize(4)
                .allSatisfy(uid -> assertThat(Integer.parseInt(uid)).isGreaterThan(700_000));
        assertThat(vmm.field("Uid")).isNotEqualTo(other.field("Uid"));
        assertThat(vmm.field("Gid").split("\\s+")).doesNotContain("0");
        assertThat(vmm.field("Groups")).isEmpty();
        assertThat(vmm.field("NoNewPrivs")).isEqualTo("1");
        assertThat(vmm.field("Seccomp")).isEqualTo("2");
        for (var set : new String[] {"CapInh", "CapPrm", "CapEff", "CapAmb"}) {
            assertThat(vmm.field(set)).as(set).matches("0+");
        }
        for (var kind : new String[] {"net", "mnt", "ipc", "uts"}) {
            assertThat(vmm.namespace(kind))
                    .as(kind)
                    .isNotEmpty()
                    .isNotEqualTo(self.namespace(kind))
                    .isNotEqualTo(other.namespace(kind));
        }
    }

    @Test
    void theVmmProcessHoldsOnlyWhatItWasGiven() {
        var own = wrenn.dataDir().resolve("host/sandboxes").resolve(attacker).toString();
        var images = wrenn.dataDir().resolve("host/snapshots").resolve(attacker).toString();
        // The image that it was restored from, where no VM waited for it.
        var warm = wrenn.dataDir().resolve("host/warm") + "/";
        var shared =
                "(/dev/(null|net/tun|urandom|kvm|userfaultfd)|.*/lib/libramshim.so|pipe:.*|socket:.*|anon_inode:.*|/memfd:.*"
                        + "|.*/kernels/(vmlinux|initramfs)-.*)";
        assertThat(wrenn.vmm(attacker).descriptors())
                .isNotEmpty()
                .allSatisfy(target ->
                        assertThat(
                                        target.startsWith(own)
                                                || target.startsWith(images)
                                                || target.startsWith(warm)
                                                || target.matches(shared))
                                .as(target)
                                .isTrue());
        assertThat(wrenn.vmm(attacker).writable())
                .as("images and kernels are for all of their capsules: nobody writes them")
                .isNotEmpty()
                .noneMatch(target -> target.startsWith(images))
                .noneMatch(target -> target.startsWith(warm))
                .noneMatch(target -> target.contains("/kernels/"));
        // Its sockets are of the Unix kind: it cannot speak to a network but by the tap.
        var unix = Cli.system("cat", "/proc/net/unix");
        assertThat(wrenn.vmm(attacker).descriptors())
                .filteredOn(target -> target.startsWith("socket:"))
                .allSatisfy(
                        target -> assertThat(unix).contains(" " + target.replaceAll("[^0-9]", "")));
    }

    private long arrived(String protocol) {
        return outside.seen().stream()
                .filter(line -> line.startsWith(protocol + Outside.INTERNET))
                .count();
    }

    private void spoof(String source) {
        var script =
                source.equals("169.254.0.21") ? SPOOF.replaceAll("(?m)^subproc.*\n", "") : SPOOF;
        var port = Integer.toString(Outside.PORT);
        var reply =
                api.exec(
                        attacker,
                        Api.command("python3", "-c", script, source, Outside.INTERNET, port));
        // A guest that cannot even send is as good.
        reply.expect(200);
    }

    private Map<String, String> probe(List<String> addresses, int port) {
        var arguments = new ArrayList<>(List.of("-c", PROBE));
        for (var address : addresses) arguments.add(address + ":" + port);
        var body = Api.command("python3", arguments.toArray(String[]::new)).put("timeout_sec", 60);
        var reply = api.exec(attacker, body).expect(200);
        var results = new LinkedHashMap<String, String>();
        for (var line : reply.text("stdout").lines().toList()) {
            var words = line.split("[: ]");
            results.put(words[0], words[2]);
        }
        assertThat(results).as("%s", reply.json()).containsOnlyKeys(addresses);
        return results;
    }

    private String hostIp(String id) {
        return api.get("/v1/capsules/" + id).expect(200).text("host_ip");
    }

    private static List<String> hostAddresses() throws IOException {
        var addresses = new ArrayList<String>();
        for (var link : NetworkInterface.networkInterfaces().toList()) {
            if (link.isLoopback()) continue; // the guest has a loopback of its own
            link.inetAddresses()
                    .filter(Inet4Address.class::isInstance)
                    .forEach(address -> addresses.add(address.getHostAddress()));
        }
        return addresses;
    }

    private static void assertNothingArrives(ServerSocket tcp, DatagramSocket udp)
            throws IOException {
        try {
            var peer = tcp.accept();
            throw new AssertionError("a connection arrived from " + peer.getRemoteSocketAddress());
        } catch (SocketTimeoutException e) {
            // silence
        }
        var packet = new DatagramPacket(new byte[512], 512);
        try {
            udp.receive(packet);
            throw new AssertionError("a datagram arrived from " + packet.getSocketAddress());
        } catch (SocketTimeoutException e) {
            // silence
        }
    }
}
