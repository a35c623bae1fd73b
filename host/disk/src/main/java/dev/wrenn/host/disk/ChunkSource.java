package dev.wrenn.host.disk;

import dev.wrenn.common.model.TemplateId;
import java.io.IOException;

/// Where the bytes of templates come from that this host was told to take. Calls block;
/// thread-safe.
public interface ChunkSource {
    /// There is nobody to ask.
    ChunkSource NONE =
            new ChunkSource() {
                @Override
                public byte[] outline(TemplateId template) throws GoneException {
                    throw new GoneException("there is no control plane to ask");
                }

                @Override
                public byte[] chunk(TemplateId template, String sha256) throws GoneException {
                    throw new GoneException("there is no control plane to ask");
                }
            };

    /// The outline of a template.
    ///
    /// @throws GoneException when this host is not given it
    /// @throws IOException when nobody answers: asking again may help
    byte[] outline(TemplateId template) throws IOException, InterruptedException;

    /// The bytes of a chunk; unchecked.
    ///
    /// @throws GoneException when this host is not given it
    /// @throws IOException when nobody answers: asking again may help
    byte[] chunk(TemplateId template, String sha256) throws IOException, InterruptedException;

    /// Whoever was asked says that this host does not get it.
    final class GoneException extends IOException {
        private static final long serialVersionUID = 1L;

        public GoneException(String message) {
            super(message);
        }
    }
}
