package dev.wrenn.control.domain.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.text.ParseException;
import java.util.Optional;

/// JWTs signed with HMAC-SHA256 (RFC 7519, HS256) and no other algorithm; who reads them decides
/// what the claims have to say, and whether they are still good.
public final class SignedClaims {
    private SignedClaims() {}

    /// @param secret at least 32 bytes
    public static String sign(JWTClaimsSet claims, byte[] secret) {
        try {
            var token = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
            token.sign(new MACSigner(secret));
            return token.serialize();
        } catch (JOSEException e) {
            throw new IllegalStateException("token not signed", e);
        }
    }

    /// @return empty for a token that is malformed or not ours
    public static Optional<JWTClaimsSet> verified(String token, byte[] secret) {
        try {
            var jwt = SignedJWT.parse(token);
            if (!JWSAlgorithm.HS256.equals(jwt.getHeader().getAlgorithm())) return Optional.empty();
            if (!jwt.verify(new MACVerifier(secret))) return Optional.empty();
            return Optional.of(jwt.getJWTClaimsSet());
        } catch (ParseException
                | JOSEException
                | IllegalArgumentException
                | IllegalStateException e) {
            return Optional.empty();
        }
    }
}
