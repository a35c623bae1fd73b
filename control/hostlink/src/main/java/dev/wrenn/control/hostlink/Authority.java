package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.fleet.CertificateAuthority;
import dev.wrenn.control.domain.fleet.HostTokens;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
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
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequest;
import org.bouncycastle.util.IPAddress;

/// The platform's own authority: signs the certificates of hosts, and those that control planes
/// show them. EC P-256, SHA-256. Thread-safe.
public final class Authority implements CertificateAuthority {
    /// Common name that hosts expect of a control plane.
    public static final String CONTROL_PLANE = "wrenn-cp";

    private static final String CURVE = "secp256r1";
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final int FIELD_BITS = 256; // of the only curve that is taken
    private static final int LARGEST_REQUEST = 16 << 10;
    private static final Duration TEMPORARY = Duration.ofDays(1);

    private final X509Certificate certificate;
    private final PrivateKey key;
    private final InstantSource clock;
    private final Duration hostLife;
    private final SecureRandom random = new SecureRandom();

    private Authority(
            X509Certificate certificate, PrivateKey key, InstantSource clock, Duration hostLife) {
        this.certificate = certificate;
        this.key = key;
        this.clock = clock;
        this.hostLife = hostLife;
    }

    /// Files that are no certificate and key of an authority.
    public static final class AuthorityException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AuthorityException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /// The authority in these PEM files, the key as PKCS#8.
    ///
    /// @param hostLife how long certificates of hosts are good
    /// @throws AuthorityException when they cannot be used
    public static Authority open(
            Path certificate, Path key, InstantSource clock, Duration hostLife) {
        try {
            return new Authority(
                    readCertificate(Files.readString(certificate)),
                    readKey(Files.readString(key)),
                    clock,
                    hostLife);
        } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
            throw new AuthorityException("authority " + certificate + ", key " + key, e);
        }
    }

    /// One that nobody else knows and that ends with the process, where hosts are talked to without
    /// TLS.
    public static Authority temporary(InstantSource clock, Duration hostLife) {
        try {
            var pair = pair(new SecureRandom());
            var name = new X500Name("CN=Wrenn temporary CA");
            var now = clock.instant();
            var builder = builder(name, name, pair.getPublic(), now, now.plus(TEMPORARY));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            return new Authority(
                    sign(builder, pair.getPrivate()), pair.getPrivate(), clock, hostLife);
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new AuthorityException("temporary authority", e);
        }
    }

    @Override
    public boolean acceptable(String request) {
        return read(request).isPresent();
    }

    @Override
    public Signed sign(String request, HostId host, String address) {
        var key = read(request).orElseThrow(() -> new IllegalArgumentException("request"));
        var names = new ArrayList<GeneralName>();
        names.add(new GeneralName(GeneralName.dNSName, AgentNames.wildcard(host)));
        if (IPAddress.isValid(address)) names.add(new GeneralName(GeneralName.iPAddress, address));
        else if (!address.isEmpty()) names.add(new GeneralName(GeneralName.dNSName, address));
        var ends = clock.instant().plus(hostLife);
        var signed = issue(host.toString(), key, names, KeyPurposeId.id_kp_serverAuth, ends);
        return new Signed(pem(signed), pem(certificate), ends);
    }

    /// What a control plane shows to hosts, with a key of its own.
    Tls.Papers forControlPlane(Duration life) {
        try {
            var pair = pair(random);
            var signed =
                    issue(
                            CONTROL_PLANE,
                            pair.getPublic(),
                            List.of(),
                            KeyPurposeId.id_kp_clientAuth,
                            clock.instant().plus(life));
            return new Tls.Papers(
                    pem(certificate),
                    pem(signed),
                    new Secret(pem(new JcaPKCS8Generator(pair.getPrivate(), null))));
        } catch (IOException | GeneralSecurityException e) {
            throw new AuthorityException("certificate of the control plane", e);
        }
    }

    private X509Certificate issue(
            String name,
            PublicKey subject,
            List<GeneralName> names,
            KeyPurposeId purpose,
            Instant ends) {
        try {
            var issuer = X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
            var builder =
                    builder(issuer, new X500Name("CN=" + name), subject, clock.instant(), ends);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(purpose));
            builder.addExtension(
                    Extension.authorityKeyIdentifier,
                    false,
                    new JcaX509ExtensionUtils().createAuthorityKeyIdentifier(certificate));
            if (!names.isEmpty())
                builder.addExtension(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(names.toArray(GeneralName[]::new)));
            return sign(builder, key);
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new AuthorityException("certificate of " + name, e);
        }
    }

    private static JcaX509v3CertificateBuilder builder(
            X500Name issuer, X500Name subject, PublicKey key, Instant now, Instant ends)
            throws IOException, GeneralSecurityException {
        var builder =
                new JcaX509v3CertificateBuilder(
                        issuer,
                        new BigInteger(127, new SecureRandom()).setBit(126), // positive, 16 bytes
                        Date.from(now.minus(HostTokens.SKEW)),
                        Date.from(ends),
                        subject,
                        key);
        builder.addExtension(
                Extension.subjectKeyIdentifier,
                false,
                new JcaX509ExtensionUtils().createSubjectKeyIdentifier(key));
        return builder;
    }

    private static X509Certificate sign(JcaX509v3CertificateBuilder builder, PrivateKey by)
            throws GeneralSecurityException, OperatorCreationException {
        return new JcaX509CertificateConverter()
                .getCertificate(builder.build(new JcaContentSignerBuilder(SIGNATURE).build(by)));
    }

    /// The key of a request that proves to have it.
    private static Optional<PublicKey> read(String request) {
        if (request.length() > LARGEST_REQUEST) return Optional.empty();
        try (var parser = new PEMParser(new StringReader(request))) {
            if (!(parser.readObject() instanceof PKCS10CertificationRequest parsed))
                return Optional.empty();
            var key = new JcaPKCS10CertificationRequest(parsed).getPublicKey();
            boolean ours =
                    key instanceof ECPublicKey ec
                            && ec.getParams().getCurve().getField().getFieldSize() == FIELD_BITS
                            && ec.getParams().getOrder().equals(order());
            if (!ours) return Optional.empty();
            var proof = new JcaContentVerifierProviderBuilder().build(key);
            return parsed.isSignatureValid(proof) ? Optional.of(key) : Optional.empty();
        } catch (IOException
                | GeneralSecurityException
                | OperatorCreationException
                | PKCSException
                | RuntimeException e) {
            return Optional.empty(); // the parser throws whatever it trips over
        }
    }

    private static BigInteger order() throws GeneralSecurityException {
        var parameters = java.security.AlgorithmParameters.getInstance("EC");
        parameters.init(new ECGenParameterSpec(CURVE));
        return parameters.getParameterSpec(java.security.spec.ECParameterSpec.class).getOrder();
    }

    private static KeyPair pair(SecureRandom random) throws GeneralSecurityException {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(CURVE), random);
        return generator.generateKeyPair();
    }

    private static String pem(Object object) {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    private static X509Certificate readCertificate(String pem)
            throws IOException, GeneralSecurityException {
        try (var parser = new PEMParser(new StringReader(pem))) {
            if (parser.readObject() instanceof X509CertificateHolder holder)
                return new JcaX509CertificateConverter().getCertificate(holder);
        }
        throw new IllegalArgumentException("no certificate");
    }

    private static PrivateKey readKey(String pem) throws IOException {
        try (var parser = new PEMParser(new StringReader(pem))) {
            if (parser.readObject() instanceof PrivateKeyInfo info)
                return new JcaPEMKeyConverter().getPrivateKey(info);
        }
        throw new IllegalArgumentException("no PKCS#8 key");
    }
}
