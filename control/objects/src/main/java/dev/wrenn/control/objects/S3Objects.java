package dev.wrenn.control.objects;

import dev.wrenn.control.domain.images.ObjectStore;
import dev.wrenn.control.domain.images.ObjectStoreException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.Delete;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Object;

/// Objects in a bucket of any store that speaks the S3 API. A put is one request of known length,
/// so an object is whole or not there; what may succeed when repeated is repeated by the SDK.
/// Objects of others below the same prefix are neither listed nor removed. Thread-safe.
public final class S3Objects implements ObjectStore, AutoCloseable {
    /// Most keys that one request removes.
    private static final int BATCH = 1000;

    private static final byte[] PROBE = {'w', 'r', 'e', 'n', 'n'};

    private final S3Settings settings;
    private final String prefix;
    private final Duration check;
    private final AwsCredentialsProvider credentials;
    private final S3Client client;

    /// How long is waited.
    ///
    /// @param connect for a connection
    /// @param silence between two bytes of an answer
    /// @param attempt for one request and its answer
    /// @param call for a call with all its repetitions
    /// @param check for each of the calls of [#check()]
    record Limits(
            Duration connect, Duration silence, Duration attempt, Duration call, Duration check) {
        static final Limits DEFAULT =
                new Limits(
                        Duration.ofSeconds(3),
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(60), // the longest outline over a slow line
                        Duration.ofSeconds(90),
                        Duration.ofSeconds(10));
    }

    /// Asks nothing of the store; see [#check()].
    public S3Objects(S3Settings settings) {
        this(settings, Limits.DEFAULT);
    }

    S3Objects(S3Settings settings, Limits limits) {
        this.settings = settings;
        this.prefix = settings.prefix().isEmpty() ? "" : settings.prefix() + "/";
        this.check = limits.check();
        this.credentials = credentials(settings);
        this.client = client(settings, credentials, limits);
    }

    private static AwsCredentialsProvider credentials(S3Settings settings) {
        return settings.key()
                .<AwsCredentialsProvider>map(key ->
                        StaticCredentialsProvider.create(
                                AwsBasicCredentials.create(key.id(), key.secret().reveal())))
                .orElseGet(() -> DefaultCredentialsProvider.builder().build());
    }

    private static S3Client client(
            S3Settings settings, AwsCredentialsProvider credentials, Limits limits) {
        var builder =
                S3Client.builder()
                        .region(Region.of(settings.region()))
                        .credentialsProvider(credentials)
                        .httpClientBuilder(
                                UrlConnectionHttpClient.builder()
                                        .connectionTimeout(limits.connect())
                                        .socketTimeout(limits.silence()))
                        .overrideConfiguration(o ->
                                o.retryStrategy(RetryMode.STANDARD)
                                        .apiCallAttemptTimeout(limits.attempt())
                                        .apiCallTimeout(limits.call())
                                        .addExecutionInterceptor(new Md5Deletions()))
                        // Not every store knows the newer sums of AWS and their trailers; chunks
                        // are named by sums of their own.
                        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                        .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED)
                        .serviceConfiguration(
                                S3Configuration.builder()
                                        .pathStyleAccessEnabled(settings.pathStyle())
                                        .chunkedEncodingEnabled(false)
                                        .build());
        settings.endpoint().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    @Override
    public void put(String key, byte[] content) {
        var name = name(key);
        run(
                "an object cannot be written",
                () ->
                        client.putObject(
                                r -> r.bucket(settings.bucket()).key(name),
                                RequestBody.fromBytes(content)));
    }

    @Override
    public Optional<byte[]> get(String key) {
        var name = name(key);
        return run(
                "an object cannot be read",
                () -> {
                    try {
                        return Optional.of(
                                client.getObjectAsBytes(r -> r.bucket(settings.bucket()).key(name))
                                        .asByteArrayUnsafe());
                    } catch (NoSuchKeyException e) {
                        return Optional.<byte[]>empty();
                    }
                });
    }

    @Override
    public Set<String> list(String under) {
        var below = prefix + Keys.checkPrefix(under) + "/";
        return run(
                "objects cannot be listed",
                () ->
                        client
                                .listObjectsV2Paginator(
                                        r -> r.bucket(settings.bucket()).prefix(below))
                                .contents()
                                .stream()
                                .map(S3Object::key)
                                .filter(name -> name.startsWith(below))
                                .map(name -> name.substring(prefix.length()))
                                .filter(Keys::valid)
                                .collect(Collectors.toSet()));
    }

    @Override
    public void delete(Collection<String> keys) {
        var names = keys.stream().map(key -> identifier(name(key))).toList();
        for (int from = 0; from < names.size(); from += BATCH)
            delete(names.subList(from, Math.min(names.size(), from + BATCH)));
    }

    private void delete(List<ObjectIdentifier> names) {
        var batch = Delete.builder().objects(names).quiet(true).build();
        var failure = "objects cannot be deleted";
        run(failure, () -> client.deleteObjects(r -> r.bucket(settings.bucket()).delete(batch)))
                .errors()
                .stream()
                .map(e -> String.valueOf(e.code()))
                .filter(code -> !code.equals("NoSuchKey")) // as if it had been there
                .findFirst()
                .ifPresent(code -> {
                    var problem = S3Problem.kept(code, settings);
                    throw new ObjectStoreException(failure + ": " + problem.sentence());
                });
    }

    /// Does once what will be asked for: lists, writes, reads and deletes an object of its own.
    ///
    /// @return what is in the way; empty: nothing
    public Optional<S3Problem> check() {
        Consumer<AwsRequestOverrideConfiguration.Builder> soon = o -> o.apiCallTimeout(check);
        var bucket = settings.bucket();
        var checks = prefix + "checks/";
        var name = checks + UUID.randomUUID();
        var asked = "list objects";
        try {
            client.listObjectsV2(
                    r -> r.bucket(bucket).prefix(checks).maxKeys(1).overrideConfiguration(soon));
            asked = "write one";
            client.putObject(
                    r -> r.bucket(bucket).key(name).overrideConfiguration(soon),
                    RequestBody.fromBytes(PROBE));
            asked = "read one";
            client.getObjectAsBytes(r -> r.bucket(bucket).key(name).overrideConfiguration(soon));
            asked = "delete one";
            return client
                    .deleteObjects(
                            r -> r.bucket(bucket).delete(one(name)).overrideConfiguration(soon))
                    .errors()
                    .stream()
                    .findFirst()
                    .map(e -> S3Problem.kept(String.valueOf(e.code()), settings));
        } catch (SdkException e) {
            return Optional.of(S3Problem.of(e, settings).whenAsked(asked));
        }
    }

    private static Delete one(String name) {
        return Delete.builder().objects(identifier(name)).build();
    }

    private static ObjectIdentifier identifier(String name) {
        return ObjectIdentifier.builder().key(name).build();
    }

    private String name(String key) {
        return prefix + Keys.check(key);
    }

    private <T> T run(String failure, Supplier<T> call) {
        try {
            return call.get();
        } catch (SdkException e) {
            var problem = S3Problem.of(e, settings);
            throw new ObjectStoreException(failure + ": " + problem.sentence(), e);
        }
    }

    @Override
    public void close() {
        client.close();
        if (credentials instanceof AutoCloseable open) {
            try {
                open.close();
            } catch (Exception e) {
                throw new IllegalStateException("credentials cannot be put away", e);
            }
        }
    }
}
