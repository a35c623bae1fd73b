package dev.wrenn.host.guest;

import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Upload;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// Where the bytes of a file, or of an archive, go in a guest. For one thread. Closed before
/// [#finish()], a file is as it was before; what was unpacked of an archive stays.
public final class FileSink implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Upload body;

    FileSink(Upload body) {
        this.body = body;
    }

    /// Sends bytes, after those of the call before were taken; see [Upload#write].
    ///
    /// @throws FileException when the guest does not want them
    public void write(byte[] bytes, int offset, int count) {
        try {
            body.write(bytes, offset, count);
        } catch (ConnectException e) {
            throw GuestFiles.failure(e);
        }
    }

    /// That was all: the file gets its name.
    ///
    /// @return what was unpacked; of a file, zeros
    /// @throws FileException when the guest could not do it
    public Unpacked finish() {
        try {
            var answer = JSON.readTree(body.finish());
            return new Unpacked(
                    answer.path("files").asLong(0),
                    answer.path("folders").asLong(0),
                    answer.path("links").asLong(0),
                    answer.path("bytes").asLong(0));
        } catch (ConnectException e) {
            throw GuestFiles.failure(e);
        } catch (JacksonException e) {
            throw new FileException(FileFault.FAILED, "the guest's answer is not JSON", e);
        }
    }

    @Override
    public void close() {
        body.close();
    }
}
