import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// Is this webhook delivery from Wrenn?
///
/// `java Verify.java SIGNATURE TIMESTAMP [MAX_AGE_SECONDS] < body`, with the headers
/// `X-WRENN-SIGNATURE` and `X-Wrenn-Timestamp` and the secret, as it was shown, in
/// `WRENN_WEBHOOK_SECRET`. Exit code 0: genuine; 1: not.
public final class Verify {
    static boolean genuine(
            String secret, String signature, String timestamp, byte[] body, Duration maxAge)
            throws GeneralSecurityException {
        // The key is the text of the secret itself, not what its digits stand for.
        var mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.US_ASCII), "HmacSHA256"));
        mac.update((timestamp + ".").getBytes(StandardCharsets.US_ASCII));
        var expected = "sha256=" + HexFormat.of().formatHex(mac.doFinal(body));
        if (!MessageDigest.isEqual(expected.getBytes(), signature.getBytes())) return false;
        // An old delivery may be one that somebody recorded.
        var age = Duration.between(Instant.parse(timestamp), Instant.now()).abs();
        return age.compareTo(maxAge) <= 0;
    }

    public static void main(String[] arguments) throws Exception {
        var maxAge = Duration.ofSeconds(arguments.length > 2 ? Long.parseLong(arguments[2]) : 300);
        boolean ok =
                genuine(
                        System.getenv("WRENN_WEBHOOK_SECRET"),
                        arguments[0],
                        arguments[1],
                        System.in.readAllBytes(),
                        maxAge);
        System.out.println(ok ? "genuine" : "refused");
        System.exit(ok ? 0 : 1);
    }
}
