package dev.wrenn.control.domain.hosts;

/// Bytes on their way into a capsule, taken as fast as its disk takes them. For one thread. Closed
/// before [#finish()], a file is as it was before; what was unpacked of an archive stays.
public interface FileSink extends AutoCloseable {
    /// Sends bytes, after those of the call before were taken. They must stay as they are until the
    /// next call returns.
    ///
    /// @throws TransferException when they are not wanted, or cannot be brought there
    void write(byte[] bytes, int offset, int count);

    /// That was all: the file gets its name.
    ///
    /// @return what was unpacked; of a file, zeros
    /// @throws TransferException when the file is not there
    Unpacked finish();

    @Override
    void close();
}
