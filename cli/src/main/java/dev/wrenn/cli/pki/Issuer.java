package dev.wrenn.cli.pki;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.Optional;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/// Makes what is missing and renews what ends soon; what is good stays as it is. EC P-256, SHA-256.
/// Not thread-safe; the instance's lock keeps other processes away.
public final class Issuer {
    private static final Duration AUTHORITY_LIFE = Duration.ofDays(3650);
    private static final Duration LIFE = Duration.ofDays(397);

    /// With less than this left a certificate is renewed at the next start.
    static final Duration RENEW = Duration.ofDays(60);

    private static final Duration CLOCK_SKEW = Duration.ofHours(1);

    private final InstantSource clock;
    private final SecureRandom random;

    public Issuer(InstantSource clock, SecureRandom random) {
        this.clock = clock;
        this.random = random;
    }

    private record Identity(X509Certificate certificate, PrivateKey key) {}

    /// Everything good for at least [#RENEW] afterwards.
    ///
    /// @throws PkiException when a file cannot be written
    public Pki ensure(Path directory) {
        var pki = new Pki(directory);
        try {
            Files.createDirectories(directory);
            var authority = usable(pki, Pki.AUTHORITY, null);
            if (authority.isEmpty()) authority = Optional.of(issueAuthority(pki));
            if (usable(pki, Pki.CONTROL, authority.get()).isEmpty())
                issue(pki, Pki.CONTROL, authority.get());
            return pki;
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new PkiException("certificates in " + directory + ": " + e.getMessage(), e);
        }
    }

    /// What is stored under a name, if it is whole, ours and not about to end.
    private Optional<Identity> usable(
            Pki pki, String name, @org.jspecify.annotations.Nullable Identity authority)
            throws IOException {
        try {
            var certificate = readCertificate(pki.certificate(name));
            var identity = new Identity(certificate, readKey(pki.key(name)));
            if (certificate.getNotAfter().toInstant().isBefore(clock.instant().plus(RENEW)))
                return Optional.empty();
            if (authority == null) certificate.verify(certificate.getPublicKey());
            else certificate.verify(authority.certificate().getPublicKey());
            return Optional.of(identity);
        } catch (NoSuchFileException | GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty(); // made anew
        }
    }

    private Identity issueAuthority(Pki pki)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        var pair = pair();
        var name = new X500Name("CN=Wrenn instance CA");
        var builder = builder(name, name, pair, AUTHORITY_LIFE);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        builder.addExtension(
                Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        return store(pki, Pki.AUTHORITY, builder, pair.getPrivate(), pair.getPrivate());
    }

    private void issue(Pki pki, String name, Identity authority)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        var pair = pair();
        var issuer = new X500Name(authority.certificate().getSubjectX500Principal().getName());
        var builder = builder(issuer, new X500Name("CN=" + name), pair, LIFE);
        builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        builder.addExtension(
                Extension.extendedKeyUsage,
                false,
                new ExtendedKeyUsage(
                        new KeyPurposeId[] {
                            KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                        }));
        builder.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(authority.certificate()));
        builder.addExtension(
                Extension.subjectAlternativeName,
                false,
                new GeneralNames(
                        new GeneralName[] {
                            new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
                            new GeneralName(GeneralName.dNSName, "localhost")
                        }));
        store(pki, name, builder, pair.getPrivate(), authority.key());
    }

    private X509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, KeyPair pair, Duration life)
            throws IOException, GeneralSecurityException {
        Instant now = clock.instant();
        var builder =
                new JcaX509v3CertificateBuilder(
                        issuer,
                        new BigInteger(127, random).setBit(126), // positive, 16 bytes at most
                        Date.from(now.minus(CLOCK_SKEW)),
                        Date.from(now.plus(life)),
                        subject,
                        pair.getPublic());
        builder.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
        return builder;
    }

    private Identity store(
            Pki pki,
            String name,
            X509v3CertificateBuilder builder,
            PrivateKey key,
            PrivateKey signer)
            throws IOException, GeneralSecurityException, OperatorCreationException {
        var signed = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(signer));
        var certificate = new JcaX509CertificateConverter().getCertificate(signed);
        AtomicFiles.write(pki.key(name), pem(new JcaPKCS8Generator(key, null)));
        AtomicFiles.write(pki.certificate(name), pem(certificate));
        return new Identity(certificate, key);
    }

    private KeyPair pair() throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    private static byte[] pem(Object object) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString().getBytes(US_ASCII);
    }

    static X509Certificate readCertificate(Path file) throws IOException, GeneralSecurityException {
        try (var parser = new PEMParser(new StringReader(Files.readString(file, US_ASCII)))) {
            if (parser.readObject() instanceof X509CertificateHolder holder)
                return new JcaX509CertificateConverter().getCertificate(holder);
        }
        throw new IllegalArgumentException("no certificate: " + file);
    }

    static PrivateKey readKey(Path file) throws IOException {
        try (var parser = new PEMParser(new StringReader(Files.readString(file, US_ASCII)))) {
            if (parser.readObject() instanceof PrivateKeyInfo info)
                return new JcaPEMKeyConverter().getPrivateKey(info);
        }
        throw new IllegalArgumentException("no key: " + file);
    }
}
