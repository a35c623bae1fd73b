package dev.wrenn.host.agent;

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

/// A new key of this host and the request to certify it (PKCS#10, RFC 2986). The key is made here
/// and never leaves the machine.
///
/// @param key PKCS#8 in PEM
record KeyRequest(Secret key, String pem) {
    private static final String CURVE = "secp256r1";

    static KeyRequest fresh() {
        try {
            var generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(CURVE));
            var pair = generator.generateKeyPair();
            // Whose it is, is for the authority to say.
            var builder =
                    new JcaPKCS10CertificationRequestBuilder(
                            new X500Principal("CN=host"), pair.getPublic());
            var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate());
            return new KeyRequest(
                    new Secret(pem(new JcaPKCS8Generator(pair.getPrivate(), null))),
                    pem(builder.build(signer)));
        } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
            throw new AgentException("a key cannot be made", e);
        }
    }

    private static String pem(Object object) throws IOException {
        var text = new StringWriter();
        try (var writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }
}
