package dev.wrenn.control.domain.ports;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.InvalidIdException;
import java.util.Locale;
import java.util.regex.Pattern;

/// What a host name of the form `{port}-{capsule}.{domain}` means. The domain is free.
public sealed interface PortAddress {
    /// Where envd listens in every guest. Nobody but the host may talk to it.
    int PLATFORM_PORT = 49_983;

    /// Another name: of the API.
    record None() implements PortAddress {}

    /// Of this form, but the number is no port: 1 to 65535 without leading zeros.
    record BadPort() implements PortAddress {}

    /// Of this form, but there can be no capsule of this id.
    record BadCapsule() implements PortAddress {}

    /// A port of a capsule, which may not exist.
    record At(int port, CapsuleId capsule) implements PortAddress {
        /// The first label of the host name.
        public String label() {
            return port + "-" + capsule;
        }
    }

    /// Every host name of this form.
    Pattern FORM = Pattern.compile("^(\\d+)-(cl-[0-9a-z]+)\\.");

    /// A port number without anything around it.
    Pattern PORT = Pattern.compile("[1-9]\\d{0,4}");

    /// The highest port of TCP.
    int HIGHEST_PORT = 65_535;

    /// @param host of the request, without its port; in any case
    static PortAddress of(String host) {
        var match = FORM.matcher(host.toLowerCase(Locale.ROOT));
        if (!match.find()) return new None();
        var digits = match.group(1);
        if (!PORT.matcher(digits).matches()) return new BadPort();
        int port = Integer.parseInt(digits);
        if (port > HIGHEST_PORT) return new BadPort();
        try {
            return new At(port, CapsuleId.parse(match.group(2)));
        } catch (InvalidIdException e) {
            return new BadCapsule();
        }
    }
}
