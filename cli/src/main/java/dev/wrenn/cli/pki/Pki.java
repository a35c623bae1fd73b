package dev.wrenn.cli.pki;

import java.nio.file.Path;

/// Files of the instance's certificates, all PEM, keys as PKCS#8 with mode 0600.
public record Pki(Path directory) {
    /// What this program shows to the host agent: the name (CN) is that of a control plane.
    public static final String CONTROL = "wrenn-cp";

    /// The authority, which the control plane signs with.
    public static final String AUTHORITY = "ca";

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
