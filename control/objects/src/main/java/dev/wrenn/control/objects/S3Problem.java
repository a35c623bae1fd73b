package dev.wrenn.control.objects;

import java.io.IOException;
import java.net.UnknownHostException;
import java.util.Locale;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkException;

/// Why a bucket cannot be used.
///
/// @param refused it will not be better by waiting: settings or permissions are wrong
/// @param sentence for the operator, without secrets
public record S3Problem(boolean refused, String sentence) {
    private static final int CLIENT_ERROR = 400;
    private static final int TIMEOUT = 408;
    private static final int TOO_MANY = 429;
    private static final int SERVER_ERROR = 500;
    private static final int NOT_IMPLEMENTED = 501;
    private static final int MOVED = 300;

    static S3Problem of(SdkException e, S3Settings settings) {
        if (e instanceof AwsServiceException answer) return answered(answer, settings);
        return switch (e) {
            case ApiCallTimeoutException _, ApiCallAttemptTimeoutException _ ->
                    new S3Problem(false, of(settings, "no answer in time"));
            case AbortedException _ -> new S3Problem(false, of(settings, "interrupted"));
            default -> unanswered(e, settings);
        };
    }

    /// An object that is still there after it was to be deleted.
    static S3Problem kept(String code, S3Settings settings) {
        return new S3Problem(true, of(settings, words(code, CLIENT_ERROR, settings)))
                .whenAsked("delete one");
    }

    S3Problem whenAsked(String what) {
        return new S3Problem(refused, sentence + ", when asked to " + what);
    }

    private static S3Problem answered(AwsServiceException e, S3Settings settings) {
        var details = e.awsErrorDetails();
        var code = details == null || details.errorCode() == null ? "" : details.errorCode();
        int status = e.statusCode();
        boolean refused =
                status == NOT_IMPLEMENTED
                        || status >= MOVED
                                && status < SERVER_ERROR
                                && status != TIMEOUT
                                && status != TOO_MANY;
        return new S3Problem(refused, of(settings, words(code, status, settings)));
    }

    private static String words(String code, int status, S3Settings settings) {
        return switch (code) {
            case "NoSuchBucket" -> "there is no such bucket";
            case "InvalidAccessKeyId" -> "the store does not know the access key";
            case "SignatureDoesNotMatch" -> "the secret is not that of the access key";
            case "AccessDenied", "AllAccessDisabled" -> "the access key may not do this";
            case "ExpiredToken", "InvalidToken" -> "the credentials are not good any more";
            case "RequestTimeTooSkewed" -> "the clocks of this machine and the store differ";
            case "PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect" ->
                    "it is not in the region " + settings.region();
            default -> {
                if (status >= MOVED && status < CLIENT_ERROR)
                    yield "it is elsewhere: check region and endpoint";
                yield "the store answers " + (code.isEmpty() ? status : code);
            }
        };
    }

    private static S3Problem unanswered(SdkException e, S3Settings settings) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException)
                return new S3Problem(false, of(settings, "its host has no address"));
            if (cause instanceof IOException) {
                var words = String.valueOf(cause.getMessage());
                return new S3Problem(false, of(settings, "it cannot be reached: " + words));
            }
        }
        var words = String.valueOf(e.getMessage());
        if (words.toLowerCase(Locale.ROOT).contains("unable to load credentials"))
            return new S3Problem(true, of(settings, "there are no credentials for it"));
        return new S3Problem(false, of(settings, words));
    }

    private static String of(S3Settings settings, String words) {
        return settings.words() + ": " + words;
    }
}
