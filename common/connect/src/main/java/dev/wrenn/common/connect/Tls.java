package dev.wrenn.common.connect;

import dev.wrenn.common.runtime.Secret;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/// Mutual TLS 1.3 from PEM files: one authority, one certificate and PKCS#8 key per process. Keys
/// stay in memory.
public final class Tls {
    private static final char[] NO_PASSWORD = {};

    // These stores are never written. PKCS12 would stretch the password of a key that has none
    // with 10,000 rounds, twice at each start, before the JVM has compiled them.
    private static final String IN_MEMORY = "JKS";

    // The suites of TLS 1.3 (RFC 8446, B.4), the cheapest first: once the JVM's second compiler has
    // seen them, AES takes a quarter of the time of ChaCha20.
    private static final String[] SUITES = {
        "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"
    };

    private Tls() {}

    /// Whom to trust and who we are, in PEM: certificates of authorities, our own chain, and the
    /// PKCS#8 key of its first.
    public record Papers(String authority, String certificate, Secret key) {
        /// @throws TlsException when a file cannot be read
        public static Papers of(Path authority, Path certificate, Path key) {
            try {
                return new Papers(
                        Files.readString(authority),
                        Files.readString(certificate),
                        new Secret(Files.readString(key)));
            } catch (IOException e) {
                throw new TlsException(
                        "certificate " + certificate + ", key " + key + ", authority " + authority,
                        e);
            }
        }
    }

    /// A PEM file that cannot be used.
    public static final class TlsException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TlsException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// For a server that accepts only clients with a certificate of `ca`.
    ///
    /// @throws TlsException when a file cannot be read or used
    public static SslContextFactory.Server server(Path ca, Path certificate, Path key) {
        var papers = Papers.of(ca, certificate, key);
        try {
            return server(papers);
        } catch (TlsException e) {
            throw named(ca, certificate, key, e);
        }
    }

    private static TlsException named(Path ca, Path certificate, Path key, TlsException e) {
        return new TlsException(
                "cannot be used: certificate "
                        + certificate
                        + ", key "
                        + key
                        + " or authority "
                        + ca,
                e);
    }

    /// The same with papers in memory.
    ///
    /// @throws TlsException when they cannot be used
    public static SslContextFactory.Server server(Papers papers) {
        var factory = new SslContextFactory.Server();
        factory.setNeedClientAuth(true);
        fill(factory, papers);
        return factory;
    }

    /// For a client that shows `certificate` and accepts only servers with a certificate of `ca`
    /// that is valid for the name or address dialled.
    ///
    /// @throws TlsException when a file cannot be read or used
    public static SslContextFactory.Client client(Path ca, Path certificate, Path key) {
        var papers = Papers.of(ca, certificate, key);
        try {
            return client(papers);
        } catch (TlsException e) {
            throw named(ca, certificate, key, e);
        }
    }

    /// The same with papers in memory.
    ///
    /// @throws TlsException when they cannot be used
    public static SslContextFactory.Client client(Papers papers) {
        var factory = new SslContextFactory.Client();
        fill(factory, papers);
        return factory;
    }

    /// Shows other papers from the next connection on; those that are open stay.
    ///
    /// @throws TlsException when they cannot be used; then nothing has changed
    public static void renew(SslContextFactory factory, Papers papers) {
        try {
            factory.reload(f -> fill(f, papers));
        } catch (TlsException e) {
            throw e;
        } catch (Exception e) {
            throw new TlsException("papers cannot be used", e);
        }
    }

    /// Common name of who sent a request, null without a certificate.
    public static @Nullable String peer(Request request) {
        var data = request.getAttribute(EndPoint.SslSessionData.ATTRIBUTE);
        if (!(data instanceof EndPoint.SslSessionData session)) return null;
        X509Certificate[] chain = session.peerCertificates();
        return chain == null || chain.length == 0 ? null : commonName(chain[0]);
    }

    /// Common name of the subject, null when it has none.
    static @Nullable String commonName(X509Certificate certificate) {
        try {
            var name = new LdapName(certificate.getSubjectX500Principal().getName());
            for (var part : name.getRdns())
                if (part.getType().equalsIgnoreCase("CN")) return part.getValue().toString();
            return null;
        } catch (InvalidNameException e) {
            return null;
        }
    }

    private static void fill(SslContextFactory factory, Papers papers) {
        try {
            var trust = KeyStore.getInstance(IN_MEMORY);
            trust.load(null, NO_PASSWORD);
            int index = 0;
            for (var authority : certificates(papers.authority()))
                trust.setCertificateEntry("ca" + index++, authority);
            var chain = certificates(papers.certificate()).toArray(Certificate[]::new);
            var own = KeyStore.getInstance(IN_MEMORY);
            own.load(null, NO_PASSWORD);
            own.setKeyEntry("own", privateKey(papers.key().reveal()), NO_PASSWORD, chain);
            factory.setTrustStore(trust);
            factory.setTrustStorePassword("");
            factory.setKeyStore(own);
            factory.setKeyStorePassword("");
            factory.setIncludeProtocols("TLSv1.3");
            factory.setIncludeCipherSuites(SUITES);
        } catch (IOException | GeneralSecurityException e) {
            throw new TlsException("certificate, key or authority cannot be used", e);
        }
    }

    private static List<? extends Certificate> certificates(String pem)
            throws GeneralSecurityException {
        var in = new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII));
        return List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in));
    }

    private static PrivateKey privateKey(String pem) throws GeneralSecurityException {
        int begin = pem.indexOf("-----BEGIN PRIVATE KEY-----");
        int end = pem.indexOf("-----END PRIVATE KEY-----");
        if (begin < 0 || end < begin)
            throw new InvalidKeySpecException("no PKCS#8 key (BEGIN PRIVATE KEY)");
        var base64 = pem.substring(begin + "-----BEGIN PRIVATE KEY-----".length(), end);
        var spec = new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64));
        for (var algorithm : List.of("EC", "Ed25519", "RSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(spec);
            } catch (InvalidKeySpecException e) {
                // a key of another algorithm: the next may know it
            }
        }
        throw new InvalidKeySpecException("neither an EC, Ed25519 nor RSA key");
    }
}
