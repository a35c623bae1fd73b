package dev.wrenn.control.domain.hosts;

/// An image on its way to a host. For one thread. Closed before [#finish()], the host has nothing.
public interface ImageSink extends AutoCloseable {
    /// Begins a file; what is not written of it is zeros.
    ///
    /// @throws TransferException when it is not wanted, or cannot be brought there; as the others
    void file(String name, long size);

    /// A chunk of the file.
    ///
    /// @param sha256 of its bytes
    void chunk(long offset, byte[] sha256, byte[] bytes);

    /// That was all: the capsule is paused there.
    void finish();

    @Override
    void close();
}
