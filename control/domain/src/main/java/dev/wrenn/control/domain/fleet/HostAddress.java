package dev.wrenn.control.domain.fleet;

import java.util.Optional;
import java.util.regex.Pattern;

/// Where an agent listens: `host:port`, an IPv6 address in brackets.
///
/// @param host name or address, without brackets
public record HostAddress(String host, int port) {
    private static final Pattern NAME =
            Pattern.compile("[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?");
    private static final Pattern IPV6 = Pattern.compile("\\[([0-9A-Fa-f:.]{2,45})]");
    private static final int LAST_PORT = 65_535;

    /// @return empty unless it is one
    public static Optional<HostAddress> parse(String text) {
        int colon = text.lastIndexOf(':');
        if (colon <= 0) return Optional.empty();
        var host = text.substring(0, colon);
        var digits = text.substring(colon + 1);
        if (!digits.matches("[0-9]{1,5}")) return Optional.empty();
        int port = Integer.parseInt(digits);
        if (port < 1 || port > LAST_PORT) return Optional.empty();
        var ipv6 = IPV6.matcher(host);
        if (ipv6.matches()) return Optional.of(new HostAddress(ipv6.group(1), port));
        return NAME.matcher(host).matches()
                ? Optional.of(new HostAddress(host, port))
                : Optional.empty();
    }
}
