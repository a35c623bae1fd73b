package dev.wrenn.control.hostlink;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Refusals;
import dev.wrenn.common.connect.Upload;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.FileSource;
import dev.wrenn.control.domain.hosts.HostImages;
import dev.wrenn.control.domain.hosts.ImageName;
import dev.wrenn.control.domain.hosts.ImageSink;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.time.Duration;

/// Images of one host's capsules and templates, as plain bodies. Thread-safe.
final class AgentImages implements HostImages {
    private static final String BYTES = "application/octet-stream";
    private static final Duration STALL = Duration.ofSeconds(60);

    /// After the last byte the host writes everything to its disk.
    private static final Duration ANSWER = Duration.ofMinutes(5);

    private static final byte FILE = 1;
    private static final byte DATA = 2;
    private static final byte END = 3;

    private final ConnectClient connect;

    AgentImages(ConnectClient connect) {
        this.connect = connect;
    }

    @Override
    public FileSource outline(ImageName name) {
        return download("/images/" + name.path());
    }

    @Override
    public FileSource read(ImageName name, int number, String file, long from, long length) {
        return download(
                "/images/%s/%d/%s?from=%d&length=%d"
                        .formatted(
                                name.path(),
                                number,
                                URLEncoder.encode(file, US_ASCII),
                                from,
                                length));
    }

    private FileSource download(String path) {
        try {
            return new AgentSource(connect.download(path, Refusals.CONNECT, STALL));
        } catch (ConnectException e) {
            throw AgentFiles.failure(e);
        }
    }

    @Override
    public ImageSink takeOver(BootOrder as) {
        return upload(new ImageName.OfCapsule(as.id()), Messages.create(as).toByteArray());
    }

    @Override
    public ImageSink take(ImageName.OfTemplate name) {
        return upload(name, new byte[0]);
    }

    private ImageSink upload(ImageName name, byte[] head) {
        try {
            var path = "/images/" + name.path();
            var sink = new Sink(connect.upload(path, BYTES, Refusals.CONNECT, STALL, ANSWER));
            sink.write(
                    ByteBuffer.allocate(Integer.BYTES + head.length).putInt(head.length).put(head));
            return sink;
        } catch (ConnectException e) {
            throw AgentFiles.failure(e);
        }
    }

    /// Frames of the contract.
    private record Sink(Upload body) implements ImageSink {
        /// @param frame filled
        private void write(ByteBuffer frame) {
            write(frame.array(), frame.position());
        }

        private void write(byte[] bytes, int count) {
            try {
                body.write(bytes, 0, count);
            } catch (ConnectException e) {
                throw AgentFiles.failure(e);
            }
        }

        @Override
        public void file(String name, long size) {
            var word = name.getBytes(US_ASCII);
            write(
                    ByteBuffer.allocate(1 + Short.BYTES + word.length + Long.BYTES)
                            .put(FILE)
                            .putShort((short) word.length)
                            .put(word)
                            .putLong(size));
        }

        @Override
        public void chunk(long offset, byte[] sha256, byte[] bytes) {
            write(
                    ByteBuffer.allocate(1 + Long.BYTES + Integer.BYTES + sha256.length)
                            .put(DATA)
                            .putLong(offset)
                            .putInt(bytes.length)
                            .put(sha256));
            write(bytes, bytes.length);
        }

        @Override
        public void finish() {
            write(new byte[] {END}, 1);
            try {
                body.finish();
            } catch (ConnectException e) {
                throw AgentFiles.failure(e);
            }
        }

        @Override
        public void close() {
            body.close();
        }
    }
}
