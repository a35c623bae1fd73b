package dev.wrenn.common.connect;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// An authority with certificates in PEM files, all for 127.0.0.1.
final class TestPki {
    private final Path dir;
    private final String name;
    private final KeyPair authority = pair();

    TestPki(Path dir, String name) throws Exception {
        this.dir = dir;
        this.name = name;
        write(ca(), "CERTIFICATE", certificate(name, authority, true));
    }

    Path ca() {
        return dir.resolve(name + ".crt");
    }

    Path certificate(String subject) {
        return dir.resolve(name + "-" + subject + ".crt");
    }

    Path key(String subject) {
        return dir.resolve(name + "-" + subject + ".key");
    }

    TestPki issue(String subject) throws Exception {
        var pair = pair();
        write(certificate(subject), "CERTIFICATE", certificate(subject, pair, false));
        write(key(subject), "PRIVATE KEY", pair.getPrivate().getEncoded());
        return this;
    }

    private byte[] certificate(String subject, KeyPair pair, boolean isAuthority) throws Exception {
        var now = Instant.now();
        var builder =
                new JcaX509v3CertificateBuilder(
                                new X500Name("CN=" + name),
                                BigInteger.valueOf(System.nanoTime()),
                                Date.from(now.minus(Duration.ofMinutes(5))),
                                Date.from(now.plus(Duration.ofHours(1))),
                                new X500Name("CN=" + subject),
                                pair.getPublic())
                        .addExtension(
                                Extension.basicConstraints, true, new BasicConstraints(isAuthority))
                        .addExtension(
                                Extension.subjectAlternativeName,
                                false,
                                new GeneralNames(
                                        new GeneralName(GeneralName.iPAddress, "127.0.0.1")));
        var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate());
        return builder.build(signer).getEncoded();
    }

    private static KeyPair pair() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private static void write(Path file, String kind, byte[] der) throws IOException {
        var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(
                file, "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
    }
}
