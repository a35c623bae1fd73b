package dev.wrenn.host.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/// A disk as [NbdServer] serves it. Thread-safe; ranges are within the disk.
interface ServedDisk {
    /// Bytes.
    long size();

    /// Fills what is left of `into`.
    void read(long offset, ByteBuffer into) throws IOException, InterruptedException;

    /// Writes all that is left of `from`.
    void write(long offset, ByteBuffer from) throws IOException, InterruptedException;

    /// The range is of no use to its owner: its blocks may be given back.
    void discard(long offset, long length) throws IOException, InterruptedException;

    /// The range reads as zeros afterwards.
    void zero(long offset, long length) throws IOException, InterruptedException;

    /// Whatever was written before is on the disk when this returns.
    void flush() throws IOException;
}
