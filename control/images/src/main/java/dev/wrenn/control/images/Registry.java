package dev.wrenn.control.images;

import dev.wrenn.control.domain.builds.ImageRegistry;
import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.outgoing.SafeReader;
import dev.wrenn.control.outgoing.TargetRules;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.function.Consumer;

/// Images that everybody may read, by the distribution specification (`/v2/`). Every address, also
/// one that a registry names, is one that the rules for servers of others let pass.
public final class Registry implements ImageRegistry, AutoCloseable {
    private final SafeReader http;
    private final Bounds bounds;
    private final Path scratch;

    private Registry(SafeReader http, Bounds bounds, Path scratch) {
        this.http = http;
        this.bounds = bounds;
        this.scratch = scratch;
    }

    /// A started one.
    ///
    /// @param scratch where images lie meanwhile
    public static Registry start(TargetRules rules, Bounds bounds, Path scratch) {
        return new Registry(SafeReader.start(rules), bounds, scratch);
    }

    @Override
    public boolean named(String reference) {
        return Reference.parse(reference).isPresent();
    }

    @Override
    public Pulled pull(String reference, Consumer<String> progress)
            throws FailedException, InterruptedException {
        var parsed =
                Reference.parse(reference)
                        .orElseThrow(() -> new FailedException("no name of an image"));
        try (var pull = new Pull(http, parsed, bounds, scratch, progress)) {
            var chosen = pull.choose();
            return new Here(Image.flat(chosen, reference, true, bounds, scratch));
        } catch (ImageException e) {
            throw new FailedException(String.valueOf(e.getMessage()));
        } catch (SafeReader.RefusedException e) {
            throw new FailedException("the registry: " + e.getMessage());
        } catch (UncheckedIOException e) {
            throw new FailedException("the disk of the control plane failed");
        } catch (IOException e) {
            throw new FailedException("the registry did not answer well");
        }
    }

    private record Here(Image image) implements Pulled {
        @Override
        public ImportedImage about() {
            return image.about();
        }

        @Override
        public InputStream content() throws IOException {
            return image.content();
        }

        @Override
        public void close() throws IOException {
            image.close();
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
