package dev.wrenn.control.outgoing;

import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/// Which addresses may be connected to: those of the public internet, and what the operator allows.
/// Immutable.
public final class TargetRules {
    /// Not of the public internet: the registries of special addresses (RFC 6890 and its updates),
    /// multicast, and everything of IPv6 that is no global unicast or holds an IPv4 address.
    private static final List<Block> SPECIAL =
            List.of(
                    Block.of("0.0.0.0/8"),
                    Block.of("10.0.0.0/8"),
                    Block.of("100.64.0.0/10"),
                    Block.of("127.0.0.0/8"),
                    Block.of("169.254.0.0/16"),
                    Block.of("172.16.0.0/12"),
                    Block.of("192.0.0.0/24"),
                    Block.of("192.0.2.0/24"),
                    Block.of("192.88.99.0/24"),
                    Block.of("192.168.0.0/16"),
                    Block.of("198.18.0.0/15"),
                    Block.of("198.51.100.0/24"),
                    Block.of("203.0.113.0/24"),
                    Block.of("224.0.0.0/3"), // multicast, reserved, broadcast
                    Block.of("2001::/23"), // protocols, Teredo among them
                    Block.of("2001:db8::/32"),
                    Block.of("2002::/16"), // 6to4
                    Block.of("3fff::/20"));

    private static final Block GLOBAL_UNICAST = Block.of("2000::/3");
    private static final Pattern LITERAL = Pattern.compile("[0-9a-fA-F.:]+(/[0-9]{1,3})?");
    private static final Pattern HOST = Pattern.compile("[a-z0-9]([a-z0-9.-]*[a-z0-9])?");

    private final Set<String> hosts;
    private final List<Block> blocks;

    private TargetRules(Set<String> hosts, List<Block> blocks) {
        this.hosts = hosts;
        this.blocks = blocks;
    }

    /// @param allowed host names, addresses and blocks of addresses (`10.1.0.0/16`)
    /// @throws IllegalArgumentException for anything else
    public static TargetRules of(List<String> allowed) {
        var hosts = new HashSet<String>();
        var blocks = new ArrayList<Block>();
        for (var text : allowed) {
            var entry = text.strip().toLowerCase(Locale.ROOT);
            boolean address =
                    entry.indexOf(':') >= 0
                            || Character.isDigit(entry.isEmpty() ? 'x' : entry.charAt(0))
                                    && LITERAL.matcher(entry).matches();
            if (address) blocks.add(Block.of(entry));
            else if (HOST.matcher(entry).matches()) hosts.add(entry);
            else throw new IllegalArgumentException("expected host names, addresses or blocks");
        }
        return new TargetRules(Set.copyOf(hosts), List.copyOf(blocks));
    }

    /// Whether the operator named this host: then whatever its address is may be connected to, also
    /// without TLS.
    boolean named(String host) {
        return hosts.contains(host.toLowerCase(Locale.ROOT));
    }

    /// Whether the operator named this host, by its name or its address.
    public boolean namesHost(String host) {
        return named(host) || SafeHttp.namedLiteral(host, this);
    }

    /// Whether the operator named this address.
    boolean named(InetAddress address) {
        return blocks.stream().anyMatch(b -> b.has(address.getAddress()));
    }

    /// Whether an address may be connected to.
    boolean allows(InetAddress address) {
        if (named(address)) return true;
        var bytes = address.getAddress();
        if (bytes.length == 16 && !GLOBAL_UNICAST.has(bytes)) return false;
        if (SPECIAL.stream().anyMatch(b -> b.has(bytes))) return false;
        try {
            return NetworkInterface.getByInetAddress(address) == null; // none of our own
        } catch (SocketException e) {
            return false;
        }
    }

    /// The addresses that have the same first bits.
    @SuppressWarnings("ArrayRecordComponent") // never shared
    private record Block(byte[] start, int bits) {
        static Block of(String text) {
            int slash = text.indexOf('/');
            var literal = slash < 0 ? text : text.substring(0, slash);
            try {
                // A literal is not looked up.
                var start = InetAddress.ofLiteral(literal).getAddress();
                int most = start.length * 8;
                int bits = slash < 0 ? most : Integer.parseInt(text.substring(slash + 1));
                if (bits >= 0 && bits <= most) return new Block(start, bits);
            } catch (IllegalArgumentException e) {
                // answered below together with too many bits
            }
            throw new IllegalArgumentException("expected an address or a block of addresses");
        }

        boolean has(byte[] address) {
            if (address.length != start.length) return false;
            int whole = bits / 8;
            for (int i = 0; i < whole; i++) if (address[i] != start[i]) return false;
            int rest = bits % 8;
            return rest == 0 || ((address[whole] ^ start[whole]) & 0xff) >> (8 - rest) == 0;
        }
    }

    /// Looks names up.
    interface Names {
        List<InetAddress> find(String host) throws UnknownHostException;
    }

    /// As the system does.
    static final Names SYSTEM = host -> List.of(InetAddress.getAllByName(host));

    /// The addresses of a host, when every one of them may be connected to: a name that leads
    /// inside as well is no name of the outside.
    ///
    /// @throws UnknownHostException when there is none, or one may not be connected to
    List<InetAddress> check(String host, Names names) throws UnknownHostException {
        var plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        var found = names.find(plain);
        if (found.isEmpty()) throw new UnknownHostException("no address");
        if (named(plain)) return found;
        for (var address : found) if (!allows(address)) throw new RefusedException();
        return found;
    }

    /// The address may not be connected to.
    static final class RefusedException extends UnknownHostException {
        private static final long serialVersionUID = 1L;

        RefusedException() {
            super("address not allowed");
        }
    }
}
