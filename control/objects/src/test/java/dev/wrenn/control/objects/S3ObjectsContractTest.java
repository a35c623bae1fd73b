package dev.wrenn.control.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.images.ObjectStore;
import dev.wrenn.control.domain.images.ObjectStoreException;
import dev.wrenn.tests.s3.S3Server;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Against a real server of the S3 API; against one that answers what it is told where a real one
/// cannot be made to.
class S3ObjectsContractTest extends ObjectStoreContract {
    private static final String KEY = "capsules/cl-1/chunks/aa";
    private static final S3Settings.Key KEY_OF_SERVER =
            new S3Settings.Key(S3Server.KEY_ID, new Secret(S3Server.SECRET));
    private static final S3Objects.Limits SHORT =
            new S3Objects.Limits(
                    Duration.ofMillis(500),
                    Duration.ofMillis(500),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(3));
    private static final AtomicInteger BUCKETS = new AtomicInteger();
    private static S3Server server;

    private final List<S3Objects> open = new ArrayList<>();
    private String bucket;

    @BeforeAll
    static void serve() throws Exception {
        server = S3Server.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void name() {
        bucket = "images-" + BUCKETS.incrementAndGet();
    }

    @AfterEach
    void close() {
        open.forEach(S3Objects::close);
    }

    @Override
    ObjectStore store() {
        return open(bucket(bucket, "some/Prefix_1"));
    }

    private S3Objects open(S3Settings settings) {
        var objects = new S3Objects(settings);
        open.add(objects);
        return objects;
    }

    private S3Objects open(S3Settings settings, S3Objects.Limits limits) {
        var objects = new S3Objects(settings, limits);
        open.add(objects);
        return objects;
    }

    /// Settings for a bucket that is there.
    private static S3Settings bucket(String name, String prefix) {
        server.makeBucket(name);
        return settings(name, prefix, server.port());
    }

    private static S3Settings settings(String bucket, String prefix, int port) {
        var endpoint = Optional.of(URI.create("http://127.0.0.1:" + port));
        return new S3Settings(
                bucket, prefix, "us-east-1", endpoint, true, Optional.of(KEY_OF_SERVER));
    }

    private S3Settings at(int port) {
        return settings(bucket, "some/Prefix_1", port);
    }

    @Test
    void keysAreBelowThePrefixAndOtherPrefixesAreOthers() {
        var here = store();
        var there = open(bucket(bucket, "other"));
        var bare = open(bucket(bucket, ""));
        here.put(KEY, bytes("here"));
        there.put(KEY, bytes("there"));
        bare.put(KEY, bytes("bare"));
        assertThat(server.names(bucket))
                .containsExactlyInAnyOrder("some/Prefix_1/" + KEY, "other/" + KEY, KEY);
        here.delete(here.list("capsules/"));
        assertThat(there.get(KEY)).contains(bytes("there"));
        assertThat(bare.get(KEY)).contains(bytes("bare"));
        assertThat(bare.list("capsules/")).containsExactly(KEY);
    }

    @Test
    void whatOthersKeepBelowThePrefixIsNotOurs() {
        var objects = store();
        objects.put(KEY, bytes("one"));
        for (var name : List.of("Notes", ".hidden", "a b", "a//b"))
            server.place(bucket, "some/Prefix_1/capsules/cl-1/" + name, bytes("theirs"));
        assertThat(objects.list("capsules/cl-1/")).containsExactly(KEY);
        objects.delete(objects.list("capsules/cl-1/"));
        assertThat(server.names(bucket)).hasSize(4);
    }

    @Test
    void aPutThatBreaksOffLeavesNothing() throws Exception {
        var objects = store();
        try (var gate = new CuttingGate(server.port(), 1 << 20, Long.MAX_VALUE, 1000)) {
            var broken = open(at(gate.port()));
            assertThatThrownBy(() -> broken.put(KEY, random(4 << 20)))
                    .isInstanceOf(ObjectStoreException.class)
                    .hasMessageStartingWith("an object cannot be written: bucket " + bucket);
            assertThat(gate.left()).as("tried again").isLessThan(999);
            assertThat(objects.get(KEY)).isEmpty();
            assertThat(objects.list("capsules/")).isEmpty();
            objects.put(KEY, bytes("earlier"));
            assertThatThrownBy(() -> broken.put(KEY, random(4 << 20)))
                    .isInstanceOf(ObjectStoreException.class);
            assertThat(objects.get(KEY)).contains(bytes("earlier"));
        }
    }

    @Test
    void whatBreaksOffOnceIsDoneAgain() throws Exception {
        var content = random(4 << 20);
        try (var gate = new CuttingGate(server.port(), 1 << 20, Long.MAX_VALUE, 1)) {
            open(bucket(bucket, "some/Prefix_1"));
            open(at(gate.port())).put(KEY, content);
            assertThat(gate.left()).isZero();
        }
        try (var gate = new CuttingGate(server.port(), Long.MAX_VALUE, 1 << 20, 1)) {
            assertThat(open(at(gate.port())).get(KEY)).contains(content);
            assertThat(gate.left()).isZero();
        }
    }

    /// Half of an object is none, also when nobody says so.
    @Test
    void aGetThatBreaksOffIsNoObject() throws Exception {
        store().put(KEY, random(4 << 20));
        try (var gate = new CuttingGate(server.port(), Long.MAX_VALUE, 1 << 20, 1000)) {
            var broken = open(at(gate.port()));
            assertThatThrownBy(() -> broken.get(KEY))
                    .isInstanceOf(ObjectStoreException.class)
                    .hasMessageStartingWith("an object cannot be read: bucket " + bucket);
        }
    }

    @Test
    void aServerThatIsDownIsSaidToBe() throws Exception {
        int port;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        var objects = open(at(port), SHORT);
        long start = System.nanoTime();
        for (Runnable call :
                List.<Runnable>of(
                        () -> objects.put(KEY, bytes("one")),
                        () -> objects.get(KEY),
                        () -> objects.list("capsules/"),
                        () -> objects.delete(List.of(KEY))))
            assertThatThrownBy(call::run)
                    .isInstanceOf(ObjectStoreException.class)
                    .hasMessageContaining(
                            "bucket %s/some/Prefix_1 at http://127.0.0.1:%d: it cannot be reached"
                                    .formatted(bucket, port));
        var problem = objects.check().orElseThrow();
        assertThat(problem.refused()).isFalse();
        assertThat(problem.sentence()).endsWith("when asked to list objects");
        assertWithin(start, SHORT.call().multipliedBy(5));
    }

    @Test
    void aServerThatSaysNothingIsGivenUp() throws Exception {
        try (var silent = new ServerSocket(0, 64, InetAddress.getLoopbackAddress())) {
            var objects = open(at(silent.getLocalPort()), SHORT);
            long start = System.nanoTime();
            assertThatThrownBy(() -> objects.get(KEY)).isInstanceOf(ObjectStoreException.class);
            assertThatThrownBy(() -> objects.put(KEY, random(4 << 20)))
                    .isInstanceOf(ObjectStoreException.class);
            assertThat(objects.check().orElseThrow().refused()).isFalse();
            assertWithin(start, SHORT.call().multipliedBy(3));
        }
    }

    private static void assertWithin(long start, Duration limit) {
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(limit);
    }

    @Test
    void aHostWithoutAddressIsSaidToBe() {
        var settings =
                new S3Settings(
                        bucket,
                        "",
                        "us-east-1",
                        Optional.of(URI.create("http://nowhere.invalid:9000")),
                        true,
                        Optional.of(KEY_OF_SERVER));
        var problem = open(settings, SHORT).check().orElseThrow();
        assertThat(problem.sentence()).contains("http://nowhere.invalid:9000: its host has no");
        assertThat(problem.refused()).isFalse();
    }

    @Test
    void whoHasTheWrongKeyIsToldSoWithoutTheSecret() {
        var right = bucket(bucket, "");
        var secret = "another-secret-that-must-not-be-told";
        var key = new S3Settings.Key(S3Server.KEY_ID, new Secret(secret));
        assertRefused(with(right, bucket, key), secret, "the secret is not that of the access key");
        var unknown = new S3Settings.Key("NOBODY", new Secret(secret));
        assertRefused(with(right, bucket, unknown), secret, "the store does not know the access");
    }

    @Test
    void aMissingBucketIsSaidToBe() {
        var right = bucket(bucket, "");
        var missing = with(right, "no-such-bucket", KEY_OF_SERVER);
        assertRefused(missing, S3Server.SECRET, "there is no such bucket");
    }

    private void assertRefused(S3Settings settings, String secret, String words) {
        var objects = open(settings);
        var problem = objects.check().orElseThrow();
        assertThat(problem.refused()).isTrue();
        assertThat(problem.sentence()).contains(words).doesNotContain(secret);
        var thrown = catchThrowableOfType(ObjectStoreException.class, () -> objects.get(KEY));
        assertThat(thrown).hasMessageContaining(words);
        assertThat(trace(thrown)).doesNotContain(secret);
        assertThat(settings.toString()).doesNotContain(secret);
    }

    private static String trace(Throwable thrown) {
        var text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static S3Settings with(S3Settings of, String bucket, S3Settings.Key key) {
        return new S3Settings(
                bucket, of.prefix(), of.region(), of.endpoint(), of.pathStyle(), Optional.of(key));
    }

    @Test
    void theCheckLeavesNothing() {
        store();
        var objects = open(bucket(bucket, "some/Prefix_1"));
        assertThat(objects.check()).isEmpty();
        assertThat(server.names(bucket)).isEmpty();
    }

    @Test
    void aBusyServerIsAskedAgainAndABrokenOneIsNot() throws Exception {
        try (var fake = new FakeS3()) {
            var objects = open(at(fake.port()), SHORT);
            fake.answer(503, error("SlowDown"));
            fake.answer(500, error("InternalError"));
            fake.answer(200, "");
            objects.put(KEY, bytes("one"));
            assertThat(fake.requests()).hasSize(3).allMatch(r -> r.startsWith("PUT /" + bucket));
            fake.answer(403, error("AccessDenied"));
            assertThatThrownBy(() -> objects.put(KEY, bytes("one")))
                    .isInstanceOf(ObjectStoreException.class)
                    .hasMessageEndingWith("the access key may not do this");
            assertThat(fake.requests()).hasSize(4);
        }
    }

    @Test
    void anObjectThatCannotBeDeletedIsSaidToBe() throws Exception {
        try (var fake = new FakeS3()) {
            var objects = open(at(fake.port()), SHORT);
            fake.answer(200, deleted("NoSuchKey"));
            objects.delete(List.of(KEY));
            fake.answer(200, deleted("AccessDenied"));
            assertThatThrownBy(() -> objects.delete(List.of(KEY)))
                    .isInstanceOf(ObjectStoreException.class)
                    .hasMessageStartingWith("objects cannot be deleted: bucket " + bucket)
                    .hasMessageContaining("the access key may not do this");
            fake.answer(200, "<ListBucketResult/>");
            fake.answer(200, "");
            fake.answer(200, "wrenn");
            fake.answer(200, deleted("AccessDenied"));
            var problem = objects.check().orElseThrow();
            assertThat(problem.refused()).isTrue();
            assertThat(problem.sentence()).endsWith("may not do this, when asked to delete one");
        }
    }

    /// What stores that are not AWS are known to refuse.
    @Test
    void noNewerSumsAndNoTrailersAreSent() throws Exception {
        try (var fake = new FakeS3()) {
            var objects = open(at(fake.port()), SHORT);
            fake.answer(200, "");
            objects.put(KEY, bytes("one"));
            fake.answer(200, "");
            objects.get(KEY);
            assertThat(fake.headers()).doesNotContain("content-md5");
            fake.answer(200, "<DeleteResult/>");
            objects.delete(List.of(KEY));
            assertThat(fake.headers())
                    .contains("authorization", "content-md5")
                    .noneMatch(name -> name.contains("checksum"))
                    .doesNotContain(
                            "x-amz-trailer", "content-encoding", "x-amz-decoded-content-length");
        }
    }

    @Test
    void aBucketOfAnotherRegionIsSaidToBe() throws Exception {
        try (var fake = new FakeS3()) {
            fake.answer(301, error("PermanentRedirect"));
            var problem = open(at(fake.port()), SHORT).check().orElseThrow();
            assertThat(problem.refused()).isTrue();
            assertThat(problem.sentence()).contains("it is not in the region us-east-1");
        }
    }

    private static String error(String code) {
        return "<Error><Code>" + code + "</Code><Message>No.</Message></Error>";
    }

    private static String deleted(String code) {
        return "<DeleteResult><Error><Key>k</Key><Code>" + code + "</Code></Error></DeleteResult>";
    }
}
