package dev.wrenn.host.pager;

import dev.wrenn.host.memory.LoadedImage;
import dev.wrenn.host.memory.MemoryIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/// Which pages of an image were found to match their sums since its files last changed. Sessions of
/// one image share one, so that a page is checked once and not for every capsule that begins with
/// it. Thread-safe.
final class VerifiedPages {
    private final AtomicLongArray words;

    VerifiedPages(long pages) {
        words = new AtomicLongArray(Math.toIntExact((pages + 63) / 64));
    }

    boolean has(int page) {
        return (words.get(page >> 6) & 1L << (page & 63)) != 0;
    }

    void add(int page) {
        int word = page >> 6;
        long bit = 1L << (page & 63);
        long seen = words.get(word);
        while ((seen & bit) == 0) {
            long found = words.compareAndExchange(word, seen, seen | bit);
            if (found == seen) return;
            seen = found;
        }
    }

    /// Those of the images that were served last.
    static final class PerImage {
        private static final int MOST = 64; // images; 16 KiB for each GiB of memory

        /// Two images with equal keys have the same pages in the same files.
        private record Key(String index, List<String> files) {}

        private final Map<Key, VerifiedPages> known =
                new LinkedHashMap<>(16, 0.75f, true) {
                    private static final long serialVersionUID = 1L;

                    @Override
                    protected boolean removeEldestEntry(Map.Entry<Key, VerifiedPages> eldest) {
                        return size() > MOST;
                    }
                };

        /// @throws IOException when a part is gone
        VerifiedPages of(LoadedImage image) throws IOException {
            var key = key(image);
            synchronized (known) {
                return known.computeIfAbsent(
                        key, _ -> new VerifiedPages(image.index().size() / MemoryIndex.BLOCK));
            }
        }

        /// A file that is written to, or replaced, is another one: its pages are checked again.
        private static Key key(LoadedImage image) throws IOException {
            var files = new ArrayList<String>();
            for (var part : image.manifest().parts()) {
                var told =
                        Files.readAttributes(
                                image.directory().resolve(part.file()),
                                "unix:dev,ino,size,lastModifiedTime,ctime");
                files.add(part.build() + " " + new java.util.TreeMap<>(told));
            }
            return new Key(image.manifest().indexSha256(), List.copyOf(files));
        }
    }
}
