package dev.wrenn.cli.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Certificates on disk, checked with the JDK's own validator.
class IssuerContractTest {
    private static final SecureRandom RANDOM = new SecureRandom();

    @TempDir Path directory;

    private Pki issue(InstantSource clock) {
        return new Issuer(clock, RANDOM).ensure(directory);
    }

    private static InstantSource in(Duration time) {
        return InstantSource.fixed(Instant.now().plus(time));
    }

    @Test
    void theCertificateChainsToTheAuthority() throws Exception {
        var pki = issue(InstantSource.system());
        var authority = Issuer.readCertificate(pki.authority());
        for (var name : List.of(Pki.CONTROL)) {
            var certificate = Issuer.readCertificate(pki.certificate(name));
            var path =
                    CertificateFactory.getInstance("X.509").generateCertPath(List.of(certificate));
            var parameters = new PKIXParameters(Set.of(new TrustAnchor(authority, null)));
            parameters.setRevocationEnabled(false);
            CertPathValidator.getInstance("PKIX").validate(path, parameters);
            assertThat(certificate.getSubjectX500Principal().getName()).isEqualTo("CN=" + name);
            assertThat(certificate.getSubjectAlternativeNames().toString()).contains("127.0.0.1");
            assertThat(certificate.getExtendedKeyUsage()).hasSize(2);
            assertThat(certificate.getBasicConstraints()).as("is no authority").isEqualTo(-1);
        }
    }

    @Test
    void eachKeyBelongsToItsCertificate() throws Exception {
        var pki = issue(InstantSource.system());
        assertThat(matches(pki, Pki.CONTROL, Pki.CONTROL)).isTrue();
        assertThat(matches(pki, Pki.AUTHORITY, Pki.CONTROL)).isFalse();
    }

    private static boolean matches(Pki pki, String key, String certificate) throws Exception {
        var signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(Issuer.readKey(pki.key(key)));
        signature.update(new byte[] {1, 2, 3});
        var bytes = signature.sign();
        signature.initVerify(Issuer.readCertificate(pki.certificate(certificate)));
        signature.update(new byte[] {1, 2, 3});
        return signature.verify(bytes);
    }

    @Test
    void keysAreForTheOwnerOnly() throws Exception {
        var pki = issue(InstantSource.system());
        for (var name : List.of(Pki.AUTHORITY, Pki.CONTROL)) {
            var mode = Files.getPosixFilePermissions(pki.key(name));
            assertThat(PosixFilePermissions.toString(mode)).isEqualTo("rw-------");
        }
    }

    @Test
    void whatIsGoodStays() throws Exception {
        var before = Files.readAllBytes(issue(InstantSource.system()).certificate(Pki.CONTROL));
        var after = Files.readAllBytes(issue(in(Duration.ofDays(300))).certificate(Pki.CONTROL));
        assertThat(after).isEqualTo(before);
    }

    @Test
    void whatEndsSoonIsRenewedByTheSameAuthority() throws Exception {
        var pki = issue(InstantSource.system());
        var authority = Files.readAllBytes(pki.authority());
        var before = Issuer.readCertificate(pki.certificate(Pki.CONTROL));
        issue(in(Duration.ofDays(397).minus(Issuer.RENEW).plusDays(1)));
        assertThat(Issuer.readCertificate(pki.certificate(Pki.CONTROL))).isNotEqualTo(before);
        assertThat(Files.readAllBytes(pki.authority())).isEqualTo(authority);
    }

    @Test
    void aDamagedKeyIsReplacedWithItsCertificate() throws Exception {
        var pki = issue(InstantSource.system());
        Files.writeString(pki.key(Pki.CONTROL), "not a key");
        issue(InstantSource.system());
        assertThat(matches(pki, Pki.CONTROL, Pki.CONTROL)).isTrue();
    }

    @Test
    void anotherAuthorityIsNotAccepted(@TempDir Path other) throws Exception {
        var ours = issue(InstantSource.system());
        var theirs = new Issuer(InstantSource.system(), RANDOM).ensure(other);
        var authority = Issuer.readCertificate(ours.authority());
        var certificate = Issuer.readCertificate(theirs.certificate(Pki.CONTROL));
        assertThatThrownBy(() -> certificate.verify(authority.getPublicKey()))
                .isInstanceOf(SignatureException.class);
    }
}
