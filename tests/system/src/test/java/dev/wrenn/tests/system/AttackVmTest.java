package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/// A capsule whose root makes its own frames, and what arrives: nothing, as counted by nftables on
/// the host and by sniffers in the host's and in the neighbour's namespace. Beside
/// [IsolationVmTest], which connects as programs do. How many connections the flood tries is the
/// property `wrenn.test.flows`.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttackVmTest {
    private static final int FLOWS = Integer.getInteger("wrenn.test.flows", 20_000);
    private static final int FLOWS_AT_ONCE = 5_000;
    private static final int MOST_CONNECTIONS = 4096; // of one capsule
    private static final long HOSTS_OWN = 400; // to it, which linger for two minutes
    private static final Duration FORGOTTEN =
            Duration.ofMinutes(3); // 30 s, and the collector's turn
    private static final String TABLE = "wrenn_test_" + ProcessHandle.current().pid();
    private static final String POLICY = "/v1/capsules/%s/network";

    /// Arguments MARK CONTROL INTERNET and forbidden addresses. Sends from the guest's `eth0` what
    /// no kernel would; prints how many well-formed packets of its own address went to forbidden
    /// ones. The last frame is an allowed one.
    private static final String FRAMES =
            """
            import socket, struct, sys
            mark, control = bytes.fromhex(sys.argv[1]), bytes.fromhex(sys.argv[2])
            internet, forbidden = sys.argv[3], sys.argv[4:]
            GATEWAY, ME = bytes.fromhex("02fc00000001"), bytes.fromhex("02fc00000005")
            ALL, FORGED = b"\\xff" * 6, b"\\x02" + mark
            OWN, ROUTER = "169.254.0.21", "169.254.0.22"
            link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
            link.bind(("eth0", 0))
            def send(to, source, kind, payload):
                link.send(to + source + struct.pack("!H", kind) + payload)
            def total(data):
                data += b"\\0" * (len(data) % 2)
                n = sum(struct.unpack("!%dH" % (len(data) // 2), data))
                while n >> 16: n = (n & 0xffff) + (n >> 16)
                return ~n & 0xffff
            def ip(source, to, protocol, body, fragment=0):
                a, b = socket.inet_aton(source), socket.inet_aton(to)
                head = struct.pack("!BBHHHBBH", 69, 0, 20 + len(body), 7, fragment, 64, protocol, 0) + a + b
                return head[:10] + struct.pack("!H", total(head)) + head[12:] + body
            def udp(source, to, port, payload=mark * 4, own=4444):
                return ip(source, to, 17, struct.pack("!4H", own, port, 8 + len(payload), 0) + payload)
            def tcp(source, to, port):
                def segment(checksum):
                    return struct.pack("!HHIIBBHHH", 4445, port, 1, 0, 80, 2, 8192, checksum, 0) + mark * 4
                pseudo = socket.inet_aton(source) + socket.inet_aton(to) + struct.pack("!BBH", 0, 6, len(segment(0)))
                return ip(source, to, 6, segment(total(pseudo + segment(0))))
            def icmp(source, to):
                body = struct.pack("!BBHHH", 8, 0, 0, 9, 1) + mark * 4
                return ip(source, to, 1, body[:2] + struct.pack("!H", total(body)) + body[4:])
            sent = 0
            for to in forbidden:
                for packet in udp(OWN, to, 53), udp(OWN, to, 49983), tcp(OWN, to, 22), tcp(OWN, to, 49983), icmp(OWN, to):
                    send(GATEWAY, ME, 0x0800, packet)
                    sent += 1
                    send(ALL, ME, 0x0800, packet)
                    send(GATEWAY, FORGED, 0x0806, packet)
                    send(GATEWAY, ME, 0x8100, struct.pack("!HH", 1, 0x0800) + packet)
                send(GATEWAY, ME, 0x0800, ip(OWN, to, 17, struct.pack("!4H", 5, 53, 48, 0) + mark * 8, 0x2000))
                send(GATEWAY, ME, 0x0800, ip(OWN, to, 17, mark * 8, 6))
            for source in forbidden + [ROUTER, "8.8.8.8", "127.0.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1"]:
                for to in [internet] + forbidden:
                    for packet in udp(source, to, 18099), tcp(source, to, 18099), icmp(source, to):
                        send(GATEWAY, ME, 0x0800, packet)
                        send(GATEWAY, FORGED, 0x0800, packet)
            for to in "255.255.255.255", "224.0.0.1", "239.255.255.250", "169.254.255.255", "10.11.255.255", "127.0.0.1":
                for mac in GATEWAY, ALL, bytes.fromhex("01005e000001"):
                    send(mac, ME, 0x0800, udp(OWN, to, 1900))
            for address in forbidden + [ROUTER, OWN]:
                for operation in 1, 2: # asks and answers: these addresses are mine
                    for mac in GATEWAY, ALL:
                        body = struct.pack("!HHBBH", 1, 0x0800, 6, 4, operation)
                        body += FORGED + socket.inet_aton(address) + ALL + socket.inet_aton(address)
                        send(mac, FORGED, 0x0806, body)
            def dhcp(operation, kind):
                body = struct.pack("!BBBBIHH", operation, 1, 6, 0, 1, 0, 0x8000) + b"\\0" * 16
                return body + FORGED.ljust(16, b"\\0") + b"\\0" * 192 + bytes.fromhex("63825363" + "3501" + kind + "ff")
            send(ALL, FORGED, 0x0800, udp("0.0.0.0", "255.255.255.255", 67, dhcp(1, "01"), 68))
            send(ALL, ME, 0x0800, udp(OWN, "255.255.255.255", 67, dhcp(1, "01"), 68))
            for to in ["255.255.255.255"] + forbidden:
                for source in OWN, ROUTER:
                    for mac in GATEWAY, ALL:
                        send(mac, FORGED, 0x0800, udp(source, to, 68, dhcp(2, "02"), 67))
            def six(to, following, body):
                source = socket.inet_pton(socket.AF_INET6, "fe80::5")
                return struct.pack("!IHBB", 6 << 28, len(body), following, 255) + source + socket.inet_pton(socket.AF_INET6, to) + body
            v6 = ["ff02::1", "ff02::2", "ff02::1:2", "fe80::1", "fd00:ec2::254", "2001:db8::1"]
            for to in forbidden: v6 += ["::ffff:" + to, "64:ff9b::" + to, "::" + to]
            for to in v6:
                for mac in GATEWAY, ALL, bytes.fromhex("333300000001"):
                    for kind in 128, 133, 134, 135, 136: # echo, router and neighbour discovery
                        send(mac, ME, 0x86dd, six(to, 58, struct.pack("!BBHI", kind, 0, 0, 0) + mark * 4))
                    send(mac, ME, 0x86dd, six(to, 17, struct.pack("!4H", 547, 546, 28, 0) + mark * 4))
            send(GATEWAY, ME, 0x0800, udp(OWN, internet, 18099, control * 4))
            print(sent)
            """;

    /// Arguments FIRST COUNT and addresses: each datagram is a connection of its own to a tracker.
    private static final String FLOOD =
            """
            import socket, sys
            first, count, addresses = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
            sent = 0
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                for i in range(first, first + count):
                    try:
                        s.sendto(b"flood", (addresses[i % len(addresses)], 1 + i % 65535))
                        sent += 1
                    except OSError:
                        pass
            print(sent)
            """;

    /// Arguments ADDRESS PORT: one flow, a datagram every 5 ms.
    private static final String TALK =
            """
            import socket, sys, time
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                s.connect((sys.argv[1], int(sys.argv[2])))
                while True:
                    try:
                        s.send(b"still here")
                    except OSError:
                        pass
                    time.sleep(0.005)
            """;

    private final Api api;
    private final Outside outside = new Outside();
    private String attacker = "";
    private String victim = "";
    private int slot;

    AttackVmTest(Installation wrenn) {
        this.api = wrenn.api();
    }

    @BeforeAll
    void create() {
        attacker = api.create("{\"memory_mb\":256}");
        victim = api.create("{\"memory_mb\":256}");
        slot = slot(attacker);
        var veth = "iifname \"wrenn-veth-" + slot + "\" ";
        // Behind the tracker: answers to the host's own questions are none of the capsule's doing.
        nft(
                "add table inet "
                        + TABLE
                        + "\nadd chain inet "
                        + TABLE
                        + " look { type filter hook prerouting priority -150; }\n"
                        + counted(
                                "forbidden",
                                veth
                                        + "ct direction original ip daddr { 0.0.0.0/8,"
                                        + " 10.0.0.0/8, 100.64.0.0/10, 127.0.0.0/8, 169.254.0.0/16,"
                                        + " 172.16.0.0/12, 192.168.0.0/16, 224.0.0.0/3 }")
                        + counted("forged", veth + "ip saddr != " + hostIp(attacker))
                        + counted("six", veth + "meta nfproto ipv6")
                        + counted("passed", veth + "ip daddr " + Outside.INTERNET));
    }

    private static String counted(String name, String match) {
        return "add counter inet %s %s\nadd rule inet %s look %s counter name %s\n"
                .formatted(TABLE, name, TABLE, match, name);
    }

    @AfterAll
    void destroy() {
        try {
            nft("table inet " + TABLE + "\ndelete table inet " + TABLE + "\n");
        } finally {
            outside.close();
            api.destroy(attacker);
            api.destroy(victim);
        }
    }

    @Test
    void noFrameOfAnyKindArrivesWhereItMustNot() throws IOException {
        var random = new byte[10];
        new SecureRandom().nextBytes(random);
        var mark = HexFormat.of().formatHex(random, 0, 5);
        var control = HexFormat.of().formatHex(random, 5, 10);
        var forbidden = forbidden();
        long refused = refused();
        long passed = count("passed");
        try (var host = new Sniffer("/proc/self/ns/net", mark, control);
                var neighbour = new Sniffer(namespace(slot(victim)), mark, control)) {
            var arguments = new ArrayList<>(List.of("-c", FRAMES, mark, control));
            arguments.add(Outside.INTERNET);
            arguments.addAll(forbidden);
            var sent = python(arguments);
            assertThat(sent).isEqualTo(5 * forbidden.size());
            // When the last one is there, so is whatever else got out.
            Eventually.within(Api.BOOT, () -> assertThat(host.seen(control)).isNotEmpty());
            toNeighbour(HexFormat.of().parseHex(control));
            Eventually.within(Api.BOOT, () -> assertThat(neighbour.seen(control)).isNotEmpty());
            assertThat(neighbour.seen(mark)).as("in the neighbour's namespace").isEmpty();
            assertThat(host.seen(mark)).as("on any link of the host").isEmpty();
            assertThat(count("passed")).as("the counters work").isGreaterThan(passed);
            assertNothingForbidden();
            assertThat(refused() - refused)
                    .as("refused in the namespace")
                    .isGreaterThanOrEqualTo(sent);
        }
    }

    @Test
    void manyConnectionsReachNobodyAndStarveNobody() {
        var addresses = new ArrayList<>(forbidden());
        int half = addresses.size();
        for (int i = 0; i < half; i++) addresses.add(Outside.INTERNET); // every other one
        long refused = refused();
        long crowded = counter(namespace(slot), "wrenn", "crowded");
        long sent = 0;
        long most = 0;
        for (int first = 0; first < FLOWS; first += FLOWS_AT_ONCE) {
            var arguments = new ArrayList<>(List.of("-c", FLOOD, Integer.toString(first)));
            arguments.add(Integer.toString(FLOWS_AT_ONCE));
            arguments.addAll(addresses);
            sent += python(arguments);
            most = Math.max(most, connections());
        }
        assertThat(sent).isGreaterThanOrEqualTo(FLOWS * 9L / 10);
        assertThat(refused() - refused).as("of %s", sent).isGreaterThanOrEqualTo(sent * 4 / 10);
        assertThat(counter(namespace(slot), "wrenn", "crowded") - crowded).isPositive();
        assertThat(most).as("tracked at a time").isLessThanOrEqualTo(MOST_CONNECTIONS + HOSTS_OWN);
        assertNothingForbidden();
        // The flood's own capsule answers its host, and its neighbour gets out as ever.
        assertThat(api.output(attacker, "echo alive")).isEqualTo("alive\n");
        var connect =
                "import socket; socket.create_connection(('%s', %d), 5).close()"
                        .formatted(Outside.INTERNET, Outside.PORT);
        api.output(victim, "python3 -c \"" + connect + "\"");
        // Nobody answered: what was tracked is forgotten, and its capsule can connect again.
        Eventually.within(FORGOTTEN, () -> assertThat(connections()).isLessThan(HOSTS_OWN));
        api.output(attacker, "python3 -c \"" + connect + "\"");
    }

    @Test
    void aPolicyHoldsWithinASecondForWhatIsOpen() {
        var path = POLICY.formatted(attacker);
        var script = "setsid python3 -c '%s' %s %d >/dev/null 2>&1 & echo $! >/tmp/talk";
        api.output(attacker, script.formatted(TALK, Outside.INTERNET, Outside.PORT));
        try {
            long before = count("passed");
            Eventually.within(Api.BOOT, () -> assertThat(count("passed")).isGreaterThan(before));
            long start = System.nanoTime();
            var reply = api.send("PUT", path, "{\"default\":\"deny\",\"rules\":[]}").expect(200);
            long stopped = count("passed");
            var took = Duration.ofNanos(System.nanoTime() - start);
            assertThat(reply.json().path("in_force").asBoolean()).isTrue();
            assertThat(took).isLessThan(Duration.ofSeconds(1));
            var quiet = Duration.ofSeconds(2); // hundreds of datagrams
            assertThat(Eventually.settled(Api.BOOT, quiet, () -> count("passed")))
                    .as("nothing gets out after the answer")
                    .isEqualTo(stopped);
            long again = System.nanoTime();
            api.send("PUT", path, "{\"default\":\"allow\",\"rules\":[]}").expect(200);
            Eventually.within(Api.BOOT, () -> assertThat(count("passed")).isGreaterThan(stopped));
            assertThat(Duration.ofNanos(System.nanoTime() - again))
                    .isLessThan(Duration.ofSeconds(1));
        } finally {
            api.send("PUT", path, "{\"default\":\"allow\",\"rules\":[]}").expect(200);
            api.sh(attacker, "kill $(cat /tmp/talk)");
        }
    }

    /// The neighbour and its link, this one's own link, and what is behind the host.
    private List<String> forbidden() {
        var all = new ArrayList<>(Outside.FORBIDDEN);
        int other = slot(victim);
        all.add(hostIp(victim));
        all.add(veth(2 * other));
        all.add(veth(2 * other + 1));
        all.add(veth(2 * slot));
        return all;
    }

    private void assertNothingForbidden() {
        assertThat(count("forbidden")).as("to forbidden addresses").isZero();
        assertThat(count("forged")).as("from forged addresses").isZero();
        assertThat(count("six")).as("by IPv6").isZero();
    }

    private void toNeighbour(byte[] payload) throws IOException {
        try (var socket = new DatagramSocket()) {
            var to = new InetSocketAddress(InetAddress.ofLiteral(hostIp(victim)), 9);
            socket.send(new DatagramPacket(payload, payload.length, to));
        }
    }

    /// Runs a program that prints a number.
    private long python(List<String> arguments) {
        var body = Api.command("python3", arguments.toArray(String[]::new)).put("timeout_sec", 80);
        var reply = api.exec(attacker, body).expect(200);
        assertThat(reply.json().path("exit_code").asInt(-1)).as("%s", reply.json()).isZero();
        return Long.parseLong(reply.text("stdout").strip());
    }

    private String hostIp(String id) {
        return api.get("/v1/capsules/" + id).expect(200).text("host_ip");
    }

    private int slot(String id) {
        var words = hostIp(id).split("\\.");
        return Integer.parseInt(words[2]) * 256 + Integer.parseInt(words[3]);
    }

    private static String veth(int offset) {
        return "10.12." + (offset >> 8) + "." + (offset & 255);
    }

    private static String namespace(int slot) {
        return "/run/netns/wrenn-ns-" + slot;
    }

    private long connections() {
        var file = "/proc/sys/net/netfilter/nf_conntrack_count";
        var text = Cli.system("nsenter", "--net=" + namespace(slot), "cat", file);
        return Long.parseLong(text.strip());
    }

    private long refused() {
        return counter(namespace(slot), "wrenn", "refused");
    }

    private static long count(String name) {
        return counter("/proc/self/ns/net", TABLE, name);
    }

    private static long counter(String namespace, String table, String name) {
        var text =
                Cli.system(
                        "nsenter",
                        "--net=" + namespace,
                        "nft",
                        "list",
                        "counter",
                        "inet",
                        table,
                        name);
        var packets = Pattern.compile("packets (\\d+)").matcher(text);
        assertThat(packets.find()).as(text).isTrue();
        return Long.parseLong(packets.group(1));
    }

    private static void nft(String ruleset) {
        Cli.system("nft", ruleset.replace('\n', ';'));
    }
}
