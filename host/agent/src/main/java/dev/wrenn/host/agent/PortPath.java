package dev.wrenn.host.agent;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.InvalidIdException;
import java.util.Optional;

/// `/proxy/{capsule}/{port}{path}` of the contract with the control plane.
///
/// @param target path and query for the guest, exactly as they came
record PortPath(CapsuleId capsule, int port, String target) {
    static final String ROOT = "/proxy/";

    /// Root of `/lane/{capsule}/{port}`.
    static final String LANES = "/lane/";

    private static final int LONGEST_PORT = 5;
    private static final int HIGHEST_PORT = 65_535;

    /// @param target path and query of the request
    /// @return empty when it is none
    static Optional<PortPath> parse(String target) {
        if (target.startsWith(LANES))
            return parse(ROOT + target.substring(LANES.length()))
                    .filter(path -> path.target().equals("/"));
        if (!target.startsWith(ROOT)) return Optional.empty();
        int slash = target.indexOf('/', ROOT.length());
        if (slash < 0) return Optional.empty();
        int end = slash + 1;
        while (end < target.length() && isDigit(target.charAt(end))) end++;
        var digits = target.substring(slash + 1, end);
        var rest = target.substring(end);
        if (digits.isEmpty() || digits.length() > LONGEST_PORT) return Optional.empty();
        int port = Integer.parseInt(digits);
        if (port < 1 || port > HIGHEST_PORT) return Optional.empty();
        if (!rest.isEmpty() && rest.charAt(0) != '/' && rest.charAt(0) != '?')
            return Optional.empty();
        try {
            var capsule = CapsuleId.parse(target.substring(ROOT.length(), slash));
            return Optional.of(
                    new PortPath(capsule, port, rest.startsWith("/") ? rest : "/" + rest));
        } catch (InvalidIdException e) {
            return Optional.empty();
        }
    }

    /// What the control plane takes away from locations and cookie paths.
    String prefix() {
        return ROOT + capsule + "/" + port;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
