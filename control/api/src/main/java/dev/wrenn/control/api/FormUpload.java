package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.FileContent;
import dev.wrenn.control.domain.hosts.FileSink;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// One upload as a form: the parts `path` and `file`, in any order, and others, which are passed
/// over. Nothing is named in the capsule before the whole form was read. For one thread.
final class FormUpload implements AutoCloseable {
    private final Target target;
    private @Nullable String path;
    private @Nullable FileSink sink;
    private @Nullable Spool spool; // a file that came before its path

    FormUpload(Target target) {
        this.target = target;
    }

    /// @throws ApiException 400 for a form that is not as it should be
    void run(Multipart form) throws IOException {
        for (var name = form.next(); name != null; name = form.next()) {
            switch (name) {
                case "path" -> path(form);
                case "file" -> file(form);
                default -> {} // the next part is looked for behind it
            }
        }
        if (path == null) throw ApiException.invalid("path: missing part");
        if (sink == null) throw ApiException.invalid("file: missing part");
        sink.finish();
    }

    private void path(Multipart form) throws IOException {
        if (path != null) throw ApiException.invalid("path: more than one part");
        path = form.text("path");
        if (spool == null) return;
        sink = target.open(path, FileContent.FILE);
        new Copier().copy(spool.content(), sink);
    }

    private void file(Multipart form) throws IOException {
        if (sink != null || spool != null) throw ApiException.invalid("file: more than one part");
        if (path == null) {
            spool = Spool.of(form.content());
            return;
        }
        sink = target.open(path, FileContent.FILE);
        new Copier().copy(form.content(), sink);
    }

    @Override
    public void close() throws IOException {
        if (sink != null) sink.close();
        if (spool != null) spool.close();
    }
}
