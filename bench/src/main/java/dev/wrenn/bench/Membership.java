package dev.wrenn.bench;

import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.io.StringWriter;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import tools.jackson.databind.JsonNode;

/// What a simulated host proves itself with.
///
/// @param host `host-…`
/// @param token of its heartbeats
/// @param papers of its listener
record Membership(String host, String token, Tls.Papers papers) {
    /// A new key, and the request to certify it, both in PEM.
    record Key(String pem, String request) {
        static Key fresh() {
            try {
                var generator = KeyPairGenerator.getInstance("EC");
                generator.initialize(new ECGenParameterSpec("secp256r1"));
                var pair = generator.generateKeyPair();
                var request =
                        new JcaPKCS10CertificationRequestBuilder(
                                        new X500Principal("CN=host"), pair.getPublic())
                                .build(
                                        new JcaContentSignerBuilder("SHA256withECDSA")
                                                .build(pair.getPrivate()));
                return new Key(text(new JcaPKCS8Generator(pair.getPrivate(), null)), text(request));
            } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
                throw new BenchException("a key cannot be made", e);
            }
        }

        private static String text(Object object) throws IOException {
            var text = new StringWriter();
            try (var writer = new JcaPEMWriter(text)) {
                writer.writeObject(object);
            }
            return text.toString();
        }
    }

    /// @param answer of the control plane to a registration
    static Membership of(JsonNode answer, Key key) {
        return new Membership(
                answer.at("/host/id").stringValue(),
                answer.path("token").stringValue(),
                new Tls.Papers(
                        answer.path("ca_cert_pem").stringValue(),
                        answer.path("cert_pem").stringValue(),
                        new Secret(key.pem())));
    }
}
