package dev.wrenn.control.images;

import dev.wrenn.control.outgoing.SafeReader;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One image on its way here. For one thread.
final class Pull implements Source, AutoCloseable {
    private static final int MOST_REDIRECTS = 5;
    private static final int LARGEST_TOKEN = 64 << 10;
    private static final int LARGEST_MANIFEST = 4 << 20;
    private static final long TELL_EACH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final SafeReader http;
    private final Reference reference;
    private final Bounds bounds;
    private final Consumer<String> progress;
    private final Folder folder;
    private final Map<String, Blob> here = new HashMap<>();
    private @Nullable String token;
    private long bytes;
    private long told = System.nanoTime();

    Pull(
            SafeReader http,
            Reference reference,
            Bounds bounds,
            Path scratch,
            Consumer<String> progress)
            throws IOException {
        this.http = http;
        this.reference = reference;
        this.bounds = bounds;
        this.progress = progress;
        this.folder = new Folder(scratch, bounds.sent());
    }

    Chosen choose() throws IOException, ImageException, InterruptedException {
        byte[] manifest;
        try (var answer = ask(reference.manifest(reference.tag()), true)) {
            manifest = answer.body().readNBytes(LARGEST_MANIFEST + 1);
        }
        if (manifest.length > LARGEST_MANIFEST) throw new ImageException("manifest: too long");
        var digest = Digests.of(manifest);
        if (Digests.valid(reference.tag()) && !reference.tag().equals(digest))
            throw new ImageException("another content than it says: " + reference.tag());
        progress.accept("manifest " + digest + "\n");
        try {
            return new Manifests(this, bounds).choose(digest, manifest);
        } catch (Interrupted e) {
            throw e.cause;
        }
    }

    /// An interrupt on its way through what knows none.
    private static final class Interrupted extends RuntimeException {
        private static final long serialVersionUID = 1L;
        private final InterruptedException cause;

        Interrupted(InterruptedException cause) {
            super(cause);
            this.cause = cause;
        }
    }

    @Override
    public Blob blob(String digest, long size) throws IOException, ImageException {
        return fetched(reference.blob(digest), digest, size, false);
    }

    @Override
    public Blob manifest(String digest, long size) throws IOException, ImageException {
        return fetched(reference.manifest(digest), digest, size, true);
    }

    private Blob fetched(URI url, String digest, long size, boolean manifest)
            throws IOException, ImageException {
        var known = here.get(digest);
        if (known != null) return known;
        if (size > bounds.sent() - bytes)
            throw new ImageException("more than " + (bounds.sent() >> 20) + " MiB");
        try (var answer = ask(url, manifest)) {
            var blob = folder.store(new Told(new First(answer.body(), size)));
            if (!blob.digest().equals(digest) || blob.size() != size)
                throw new ImageException("another content than it says: " + digest);
            here.put(digest, blob);
            if (!manifest) progress.accept(digest + " " + size + " bytes\n");
            return blob;
        } catch (InterruptedException e) {
            throw new Interrupted(e);
        }
    }

    /// Asks, shows a token when one is wanted, and follows redirects: a token is for the registry
    /// alone.
    private SafeReader.Answer ask(URI url, boolean manifest)
            throws IOException, ImageException, InterruptedException {
        var at = url;
        boolean challenged = false;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; ) {
            var headers = new HashMap<String, String>();
            if (manifest) headers.put("Accept", String.join(", ", Manifests.TYPES));
            boolean registry = reference.host().equals(at.getRawAuthority());
            if (token != null && registry) headers.put("Authorization", "Bearer " + token);
            var answer = http.get(at, headers);
            boolean kept = false;
            try {
                int status = answer.status();
                if (status == 200) {
                    kept = true;
                    return answer;
                }
                if (status == 401 && registry && !challenged) {
                    challenged = true;
                    token = token(answer.header("WWW-Authenticate"));
                } else if (status >= 301
                        && status <= 308
                        && answer.header("Location").isPresent()) {
                    redirects++;
                    at = at.resolve(address(answer.header("Location").get()));
                } else {
                    throw new ImageException(words(status));
                }
            } finally {
                if (!kept) answer.close();
            }
        }
        throw new ImageException("the registry redirects without end");
    }

    private static String words(int status) {
        return switch (status) {
            case 401, 403 -> "the registry does not show it to everybody, or has none of this name";
            case 404 -> "the registry has none of this name";
            case 429 -> "the registry answers no more for now: too many requests";
            default -> "the registry answered " + status;
        };
    }

    private static URI address(String text) throws ImageException {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            throw new ImageException("the registry redirects to no address");
        }
    }

    private String token(Optional<String> header)
            throws IOException, ImageException, InterruptedException {
        var challenge = header.flatMap(Challenge::parse);
        if (challenge.isEmpty()) throw new ImageException(words(401));
        URI url;
        try {
            url = challenge.get().token(reference.path());
        } catch (IllegalArgumentException e) {
            throw new ImageException("the registry names no address for tokens");
        }
        try (var answer = http.get(url, Map.of())) {
            if (answer.status() != 200) throw new ImageException(words(401));
            var bytes = answer.body().readNBytes(LARGEST_TOKEN + 1);
            if (bytes.length > LARGEST_TOKEN) throw new ImageException("token: too long");
            var json = Manifests.json(bytes, "token");
            var found = json.path("token").asString(json.path("access_token").asString(""));
            if (found.isEmpty() || !found.chars().allMatch(c -> c > ' ' && c < 0x7f))
                throw new ImageException("token: expected one");
            return found;
        }
    }

    /// No more than the descriptor says, and one byte that shows that there is more.
    private static final class First extends FilterInputStream {
        private long left;

        First(InputStream in, long size) {
            super(in);
            this.left = size + 1;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) return -1;
            int n = super.read(target, offset, (int) Math.min(length, left));
            if (n > 0) left -= n;
            return n;
        }
    }

    private final class Told extends FilterInputStream {
        Told(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int n = super.read(target, offset, length);
            if (n > 0) bytes += n;
            if (System.nanoTime() - told > TELL_EACH_NANOS) {
                told = System.nanoTime();
                progress.accept((bytes >> 20) + " MiB\n");
            }
            return n;
        }
    }

    @Override
    public void close() throws IOException {
        folder.close();
    }
}
