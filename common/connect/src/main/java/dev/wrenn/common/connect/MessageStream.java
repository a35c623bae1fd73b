package dev.wrenn.common.connect;

import com.google.protobuf.Message;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The receiving side of a stream.
final class MessageStream<R extends Message> implements ServerStream<R> {
    private final Method<?, R> method;
    private final Codec codec;
    private final Exchange exchange;
    private final int limit;
    private final Runnable forget; // forgets this stream in its client
    private volatile boolean finished; // nothing is left to cancel
    private volatile Map<String, List<String>> trailers = Map.of();
    private @Nullable ConnectException outcome; // of the reading thread: how it failed
    private boolean ended; // of the reading thread: it ended well
    private @Nullable Map<String, List<String>> headers; // of the reading thread: once checked

    MessageStream(Method<?, R> method, Codec codec, Exchange exchange, int limit, Runnable forget) {
        this.method = method;
        this.codec = codec;
        this.exchange = exchange;
        this.limit = limit;
        this.forget = forget;
    }

    @Override
    public @Nullable R next() {
        if (outcome != null) throw outcome;
        if (ended) return null;
        try {
            var meta = headers;
            if (meta == null) headers = meta = Responses.checkStream(exchange, codec);
            var envelope = Envelope.read(exchange, limit, Code.INTERNAL);
            if (envelope == null)
                throw new ConnectException(Code.INTERNAL, "stream broke off: no end-stream frame");
            if (!envelope.endStream())
                return codec.decode(envelope.data(), method.responsePrototype(), Code.INTERNAL);
            var end = ErrorJson.parseEnd(envelope.data(), meta);
            if (end == null)
                throw new ConnectException(Code.INTERNAL, "end-stream frame is not JSON");
            trailers = end.metadata();
            if (exchange.upTo(1).length > 0) // the end of the response frees its connection
            throw new ConnectException(Code.INTERNAL, "data after the end-stream frame");
            finish();
            if (end.error() != null) throw end.error();
            ended = true;
            return null;
        } catch (IOException e) {
            throw fail(new ConnectException(Code.UNAVAILABLE, "connection broke", e));
        } catch (ConnectException e) {
            throw fail(e);
        }
    }

    @Override
    public Map<String, List<String>> trailers() {
        return trailers;
    }

    @Override
    public void close() {
        if (finished) return;
        finish();
        exchange.cancel();
    }

    private ConnectException fail(ConnectException reason) {
        outcome = reason;
        if (!finished) {
            finish();
            exchange.cancel();
        }
        return reason;
    }

    private void finish() {
        finished = true;
        forget.run();
    }
}
