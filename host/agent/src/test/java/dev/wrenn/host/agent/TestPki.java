package dev.wrenn.host.agent;

import java.io.StringReader;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;

/// An authority and certificates for one test.
final class TestPki {
    private final Path directory;
    private final KeyPair authority;
    private int serial = 1;

    TestPki(Path directory) throws Exception {
        this.directory = directory;
        this.authority = pair();
        issue("ca", authority, true);
    }

    Path certificate(String name) {
        return directory.resolve(name + ".crt");
    }

    Path key(String name) {
        return directory.resolve(name + ".key");
    }

    void issue(String name) throws Exception {
        issue(name, pair(), false);
    }

    /// A certificate for the key of a request, in PEM.
    String certify(String name, String request) throws Exception {
        try (var parser = new PEMParser(new StringReader(request))) {
            var parsed =
                    new JcaPKCS10CertificationRequest(
                            (PKCS10CertificationRequest) parser.readObject());
            issue(name, parsed.getPublicKey(), false);
            return Files.readString(certificate(name));
        }
    }

    private void issue(String name, KeyPair pair, boolean root) throws Exception {
        issue(name, pair.getPublic(), root);
        write(key(name), "PRIVATE KEY", pair.getPrivate().getEncoded());
    }

    private void issue(String name, PublicKey key, boolean root) throws Exception {
        var now = Instant.now();
        var builder =
                new JcaX509v3CertificateBuilder(
                        new X500Name("CN=ca"),
                        BigInteger.valueOf(serial++),
                        Date.from(now.minusSeconds(60)),
                        Date.from(now.plusSeconds(3600)),
                        new X500Name("CN=" + name),
                        key);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(root));
        if (!root)
            builder.addExtension(
                    Extension.subjectAlternativeName,
                    false,
                    new GeneralNames(new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
        var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate());
        write(certificate(name), "CERTIFICATE", builder.build(signer).getEncoded());
    }

    private static void write(Path file, String kind, byte[] content) throws Exception {
        var text = Base64.getMimeEncoder(64, "\n".getBytes()).encodeToString(content);
        Files.writeString(
                file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }

    private static KeyPair pair() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        return generator.generateKeyPair();
    }
}
