package dev.wrenn.host.memory;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.UUID;

/// The stored form of a [MemoryIndex], version 1: a head of 64 bytes, then 40 bytes a mapping,
/// integers little endian, UUIDs in their text order.
public final class IndexCodec {
    static final int HEAD_BYTES = 64;
    static final int MAPPING_BYTES = 40;

    private static final long VERSION = 1;

    private IndexCodec() {}

    /// @return the whole file's content
    public static byte[] encode(MemoryIndex index) {
        var bytes =
                ByteBuffer.allocate(
                        Math.addExact(
                                HEAD_BYTES,
                                Math.multiplyExact(MAPPING_BYTES, index.mappings().size())));
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(VERSION).putLong(MemoryIndex.BLOCK).putLong(index.size());
        bytes.putLong(index.generation());
        put(bytes, index.build());
        put(bytes, index.base());
        for (var mapping : index.mappings()) {
            bytes.putLong(mapping.offset()).putLong(mapping.length());
            put(bytes, mapping.build());
            bytes.putLong(mapping.storage());
        }
        return bytes.array();
    }

    /// @throws CorruptImageException when any rule of the format or of the index is broken
    public static MemoryIndex decode(byte[] content) throws CorruptImageException {
        if (content.length < HEAD_BYTES || (content.length - HEAD_BYTES) % MAPPING_BYTES != 0)
            throw new CorruptImageException(
                    "index of " + content.length + " bytes (expected: 64 and whole mappings)");
        var bytes = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        expect("version", VERSION, bytes.getLong());
        expect("block size", MemoryIndex.BLOCK, bytes.getLong());
        long size = bytes.getLong();
        long generation = bytes.getLong();
        var build = uuid(bytes);
        var base = uuid(bytes);
        var mappings = new ArrayList<Mapping>((content.length - HEAD_BYTES) / MAPPING_BYTES);
        while (bytes.hasRemaining()) {
            long offset = bytes.getLong();
            long length = bytes.getLong();
            var part = uuid(bytes);
            mappings.add(new Mapping(offset, length, part, bytes.getLong()));
        }
        return MemoryIndex.of(size, generation, build, base, mappings);
    }

    private static void expect(String what, long expected, long value)
            throws CorruptImageException {
        if (value != expected)
            throw new CorruptImageException(what + ": " + value + " (expected: " + expected + ")");
    }

    private static void put(ByteBuffer bytes, UUID id) {
        bytes.order(ByteOrder.BIG_ENDIAN);
        bytes.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
        bytes.order(ByteOrder.LITTLE_ENDIAN);
    }

    private static UUID uuid(ByteBuffer bytes) {
        bytes.order(ByteOrder.BIG_ENDIAN);
        var id = new UUID(bytes.getLong(), bytes.getLong());
        bytes.order(ByteOrder.LITTLE_ENDIAN);
        return id;
    }
}
