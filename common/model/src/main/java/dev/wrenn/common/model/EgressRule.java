package dev.wrenn.common.model;

import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One rule about where a capsule may connect to. Its text form is also how it is stored and sent:
/// `allow 203.0.113.0/24 tcp 443`, `deny *.example.org`.
///
/// @param allow what it says
/// @param to about what
/// @param protocol which of IP's
/// @param ports of TCP or UDP; null: all of them
public record EgressRule(boolean allow, Target to, Protocol protocol, @Nullable Ports ports) {
    public EgressRule {
        if (ports != null && protocol == Protocol.ICMP)
            throw new IllegalArgumentException("icmp has no ports");
    }

    /// What a rule is about.
    public sealed interface Target {
        /// Addresses: an IPv4 block. IPv6 does not leave a capsule.
        ///
        /// @param address its first, as a number
        /// @param length of its prefix, 0..32
        record Block(int address, int length) implements Target {
            public Block {
                if (length < 0 || length > 32)
                    throw new IllegalArgumentException("/" + length + " (expected: /0../32)");
                if (length < 32 && address << length != 0)
                    throw new IllegalArgumentException(
                            "bits behind the prefix are set: " + text(address) + "/" + length);
            }

            @Override
            public String toString() {
                return length == 32 ? text(address) : text(address) + "/" + length;
            }

            private static String text(int bits) {
                return (bits >>> 24)
                        + "."
                        + (bits >>> 16 & 255)
                        + "."
                        + (bits >>> 8 & 255)
                        + "."
                        + (bits & 255);
            }
        }

        /// What a name leads to.
        ///
        /// @param name in lower case, without a dot at its end
        /// @param below true: names below it, and not itself
        record Domain(String name, boolean below) implements Target {
            /// True for a name that this is about; case and a dot at the end do not matter.
            public boolean covers(String asked) {
                var lower = asked.toLowerCase(Locale.ROOT);
                if (lower.endsWith(".")) lower = lower.substring(0, lower.length() - 1);
                return below ? lower.endsWith("." + name) : lower.equals(name);
            }

            @Override
            public String toString() {
                return below ? "*." + name : name;
            }
        }
    }

    /// Which protocol a rule is about.
    public enum Protocol {
        ANY,
        TCP,
        UDP,
        ICMP;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// A range of ports, both ends in it.
    public record Ports(int first, int last) {
        public Ports {
            if (first < 1 || last > 65535 || first > last)
                throw new IllegalArgumentException(
                        "ports: " + first + "-" + last + " (expected: 1..65535, or FIRST-LAST)");
        }

        /// Reads `443` or `8000-8999`.
        ///
        /// @throws IllegalArgumentException for anything else
        public static Ports parse(String text) {
            var match = PORTS.matcher(text);
            if (!match.matches())
                throw new IllegalArgumentException(
                        "ports: " + text + " (expected: 443 or 8000-8999)");
            int first = Integer.parseInt(match.group(1));
            return new Ports(
                    first, match.group(2) == null ? first : Integer.parseInt(match.group(2)));
        }

        @Override
        public String toString() {
            return first == last ? Integer.toString(first) : first + "-" + last;
        }
    }

    private static final Pattern PORTS = Pattern.compile("(\\d{1,5})(?:-(\\d{1,5}))?");
    private static final Pattern BLOCK =
            Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})(?:/(\\d{1,2}))?");

    // RFC 1035, section 2.3.1, with underscores as they are in use; a name has two labels at least
    private static final Pattern DOMAIN =
            Pattern.compile("(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\\.)+[a-z][a-z0-9-]{0,62}");
    private static final int MOST_NAME = 253;

    /// Reads an address, a block or a domain.
    ///
    /// @throws IllegalArgumentException for anything else, with the text and what was expected
    public static Target target(String text) {
        var block = BLOCK.matcher(text);
        if (block.matches()) {
            int address = 0;
            for (int i = 1; i <= 4; i++) {
                int part = Integer.parseInt(block.group(i));
                if (part > 255) throw unexpected(text);
                address = address << 8 | part;
            }
            int length = block.group(5) == null ? 32 : Integer.parseInt(block.group(5));
            return new Target.Block(address, length);
        }
        var lower = text.toLowerCase(Locale.ROOT);
        boolean below = lower.startsWith("*.");
        var name = below ? lower.substring(2) : lower;
        if (name.endsWith(".")) name = name.substring(0, name.length() - 1);
        if (name.length() > MOST_NAME || !DOMAIN.matcher(name).matches()) throw unexpected(text);
        return new Target.Domain(name, below);
    }

    private static IllegalArgumentException unexpected(String text) {
        return new IllegalArgumentException(
                "to: "
                        + text
                        + " (expected: an IPv4 address, a block such as 203.0.113.0/24, or a domain"
                        + " such as example.org or *.example.org)");
    }

    /// Reads the text form.
    ///
    /// @throws IllegalArgumentException for anything else
    public static EgressRule parse(String text) {
        var words = text.strip().split("\\s+");
        if (words.length < 2 || words.length > 4)
            throw new IllegalArgumentException(
                    "rule: " + text + " (expected: allow|deny TARGET [any|tcp|udp|icmp [PORTS]])");
        return of(
                words[0],
                words[1],
                words.length > 2 ? words[2] : "any",
                words.length > 3 ? words[3] : null);
    }

    /// A rule of its words.
    ///
    /// @param ports null: all of them
    /// @throws IllegalArgumentException naming the word that is wrong
    public static EgressRule of(String action, String to, String protocol, @Nullable String ports) {
        boolean allow =
                switch (action) {
                    case "allow" -> true;
                    case "deny" -> false;
                    default ->
                            throw new IllegalArgumentException(
                                    "action: " + action + " (expected: allow or deny)");
                };
        var which =
                switch (protocol) {
                    case "any" -> Protocol.ANY;
                    case "tcp" -> Protocol.TCP;
                    case "udp" -> Protocol.UDP;
                    case "icmp" -> Protocol.ICMP;
                    default ->
                            throw new IllegalArgumentException(
                                    "protocol: " + protocol + " (expected: any, tcp, udp or icmp)");
                };
        return new EgressRule(allow, target(to), which, ports == null ? null : Ports.parse(ports));
    }

    /// `allow` or `deny`.
    public String action() {
        return allow ? "allow" : "deny";
    }

    @Override
    public String toString() {
        var words = action() + " " + to + " " + protocol;
        return ports == null ? words : words + " " + ports;
    }
}
