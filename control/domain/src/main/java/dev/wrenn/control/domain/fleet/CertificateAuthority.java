package dev.wrenn.control.domain.fleet;

import dev.wrenn.common.model.HostId;
import java.time.Instant;

/// Signs the certificates of hosts. Thread-safe.
public interface CertificateAuthority {
    /// A certificate, with whom to trust.
    ///
    /// @param pem of the host
    /// @param authorityPem of who signed it
    record Signed(String pem, String authorityPem, Instant ends) {}

    /// Whether a certificate can be made of this: a PKCS#10 request in PEM (RFC 2986) for an EC key
    /// on P-256, signed by that key.
    boolean acceptable(String request);

    /// A certificate for this host under this address; names in the request itself are ignored.
    ///
    /// @param request that was found acceptable
    /// @param address without the port
    Signed sign(String request, HostId host, String address);
}
