package dev.wrenn.cli.pki;

import java.nio.file.Path;

/// Files of the instance's certificates, all PEM, keys as PKCS#8 with mode 0600.
public record Pki(Path directory) {
    /// Names that both sides check in the peer's certificate (CN).
    public static final String AGENT = "agent";

    public static final String CONTROL = "control";

    static final String AUTHORITY = "ca";

    /// Certificate of the authority.
    public Path authority() {
        return certificate(AUTHORITY);
    }

    public Path certificate(String name) {
        return directory.resolve(name + ".crt");
    }

    public Path key(String name) {
        return directory.resolve(name + ".key");
    }
}
