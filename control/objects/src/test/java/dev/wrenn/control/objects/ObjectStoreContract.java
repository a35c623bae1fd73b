package dev.wrenn.control.objects;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.control.domain.images.ObjectStore;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What every object store does.
abstract class ObjectStoreContract {
    private static final int MANY = 2_100; // three pages of an S3 store, and three of its deletions
    private static final int AT_ONCE = 8;

    /// The store under test; empty when a test begins.
    abstract ObjectStore store() throws Exception;

    static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    static byte[] random(int length) {
        var bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    @Test
    void objectsAreKeptListedReplacedAndDeleted() throws Exception {
        var objects = store();
        assertThat(objects.list("capsules/")).isEmpty();
        objects.put("capsules/cl-1/chunks/aa", bytes("one"));
        objects.put("capsules/cl-1/chunks/bb", bytes("two"));
        objects.put("capsules/cl-10/chunks/aa", bytes("other"));
        objects.put("capsules/cl-1/chunks/aa", bytes("three"));
        assertThat(objects.get("capsules/cl-1/chunks/aa")).contains(bytes("three"));
        assertThat(objects.get("capsules/cl-10/chunks/aa")).contains(bytes("other"));
        assertThat(objects.list("capsules/cl-1/"))
                .containsExactlyInAnyOrder("capsules/cl-1/chunks/aa", "capsules/cl-1/chunks/bb");
        objects.delete(List.of("capsules/cl-1/chunks/aa", "capsules/cl-1/chunks/bb", "capsules/x"));
        assertThat(objects.list("capsules/cl-1/")).isEmpty();
        assertThat(store().list("capsules/")).containsExactly("capsules/cl-10/chunks/aa");
    }

    @Test
    void whatIsNotThereIsAbsent() throws Exception {
        var objects = store();
        objects.put("capsules/cl-1/chunks/aa", bytes("one"));
        assertThat(objects.get("capsules/cl-1/chunks/cc")).isEmpty();
        assertThat(objects.get("nowhere")).isEmpty();
        assertThat(objects.list("nowhere/")).isEmpty();
        objects.delete(List.of());
        objects.delete(Set.of("nowhere", "capsules/cl-1/chunks/cc"));
        assertThat(objects.list("capsules/")).containsExactly("capsules/cl-1/chunks/aa");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 256 << 10, 20 << 20})
    void anObjectComesBackByteForByte(int length) throws Exception {
        var content = random(length);
        store().put("templates/t-1/chunks/aa", content);
        var back = store().get("templates/t-1/chunks/aa");
        assertThat(back).hasValueSatisfying(b -> assertThat(Arrays.equals(b, content)).isTrue());
    }

    @Test
    void moreObjectsThanAPageHoldsAreListedAndDeleted() throws Exception {
        var objects = store();
        var keys = new HashSet<String>();
        for (int i = 0; i < MANY; i++) keys.add("capsules/cl-1/chunks/%04x".formatted(i));
        var puts = new ArrayList<Callable<Void>>();
        for (var key : keys)
            puts.add(() -> {
                objects.put(key, bytes(key));
                return null;
            });
        try (var pool = Executors.newFixedThreadPool(AT_ONCE)) {
            for (var put : pool.invokeAll(puts)) put.get();
        }
        objects.put("capsules/cl-10/chunks/0000", bytes("neighbour"));
        assertThat(objects.list("capsules/cl-1/")).isEqualTo(keys);
        assertThat(objects.get("capsules/cl-1/chunks/07ff"))
                .contains(bytes("capsules/cl-1/chunks/07ff"));
        objects.delete(objects.list("capsules/cl-1/"));
        assertThat(objects.list("capsules/")).containsExactly("capsules/cl-10/chunks/0000");
    }

    @Test
    void whoeverReadsWhatIsBeingReplacedGetsOneOrTheOther() throws Exception {
        var objects = store();
        var ones = new byte[1 << 20];
        var twos = new byte[1 << 20];
        Arrays.fill(ones, (byte) 1);
        Arrays.fill(twos, (byte) 2);
        objects.put("capsules/cl-1/manifests/aa", ones);
        var done = new AtomicBoolean();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            var reader =
                    pool.submit(() -> {
                        int reads = 0;
                        for (; !done.get() || reads == 0; reads++) {
                            var read = objects.get("capsules/cl-1/manifests/aa");
                            boolean whole =
                                    Arrays.equals(read.orElseThrow(), ones)
                                            || Arrays.equals(read.orElseThrow(), twos);
                            assertThat(whole).isTrue();
                        }
                        return reads;
                    });
            try {
                for (int i = 0; i < 20; i++)
                    objects.put("capsules/cl-1/manifests/aa", i % 2 == 0 ? twos : ones);
            } finally {
                done.set(true);
            }
            assertThat(reader.get()).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x",
                "a/../../x",
                "/x",
                "a//b",
                "",
                ".x",
                "a/.b",
                "A",
                "a/",
                "a b",
                "a%2fb",
                "a\\b",
                "a\n",
                "a?b",
                "é",
                "a\0b"
            })
    void whatIsNoKeyIsRefused(String key) throws Exception {
        var objects = store();
        assertThatThrownBy(() -> objects.put(key, new byte[1]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> objects.get(key)).isInstanceOf(IllegalArgumentException.class);
        objects.put("capsules/cl-1/chunks/aa", bytes("one"));
        assertThatThrownBy(() -> objects.delete(List.of("capsules/cl-1/chunks/aa", key)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(objects.get("capsules/cl-1/chunks/aa")).isPresent();
        if (!key.equals("a/"))
            assertThatThrownBy(() -> objects.list(key + "/"))
                    .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> objects.list("capsules"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
