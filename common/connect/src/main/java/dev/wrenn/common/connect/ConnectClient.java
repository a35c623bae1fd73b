package dev.wrenn.common.connect;

import com.google.protobuf.Message;
import dev.wrenn.common.runtime.Deadline;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.client.ByteBufferRequestContent;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.util.component.LifeCycle;

/// Calls one server. Thread-safe; calls block and are meant for virtual threads.
///
/// Connections belong to this client and are reused: keep one per server, and close it when the
/// server is gone for good. The `HttpClient` is shared and stays the owner's, see [ConnectHttp].
public final class ConnectClient implements AutoCloseable {

    private final HttpClient http;
    private final URI base;
    private final Codec codec;
    private final Map<String, String> headers;
    private final int limit;
    private final Object tag = new Object(); // keeps its connections apart from other clients'
    private final Set<Exchange> live = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /// @param http started
    /// @param base scheme, host and port, perhaps a path
    /// @param headers sent with each call
    public ConnectClient(HttpClient http, URI base, Codec codec, Map<String, String> headers) {
        this(http, base, codec, headers, ConnectService.MAX_RESPONSE_BYTES);
    }

    /// @param maxResponseBytes limit of one response message
    public ConnectClient(
            HttpClient http,
            URI base,
            Codec codec,
            Map<String, String> headers,
            int maxResponseBytes) {
        this.http = http;
        var text = base.toString();
        this.base = URI.create(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
        this.codec = codec;
        this.headers = Map.copyOf(headers);
        this.limit = maxResponseBytes;
    }

    /// Makes a unary call.
    ///
    /// @throws ConnectException the server's error; `deadline_exceeded`; `unavailable` when the
    ///   server cannot be reached or the connection broke; `canceled` when this thread was
    ///   interrupted (it stays so)
    public <Q extends Message, R extends Message> R unary(
            Method<Q, R> method, Q request, CallOptions options) {
        var exchange = start(method, request, codec.encode(request, 0), options, Duration.ZERO);
        boolean done = false;
        try {
            var body = Responses.unaryBody(exchange, codec, limit);
            done = true;
            return codec.decode(body, method.responsePrototype(), Code.INTERNAL);
        } catch (IOException e) {
            throw new ConnectException(Code.UNAVAILABLE, "connection broke", e);
        } finally {
            live.remove(exchange);
            if (!done) exchange.cancel();
        }
    }

    /// Starts a streaming call; errors come out of [ServerStream#next()].
    public <Q extends Message, R extends Message> ServerStream<R> stream(
            Method<Q, R> method, Q request, CallOptions options) {
        var frame = Envelope.head(0, codec.encode(request, Envelope.HEAD));
        var exchange = start(method, request, frame, options, options.idle());
        return new MessageStream<>(method, codec, exchange, limit, () -> live.remove(exchange));
    }

    /// Asks for bytes of any length, outside of the protocol: `GET`.
    ///
    /// @param path and query, as they go on the wire
    /// @param stall longest wait for bytes
    /// @throws ConnectException why there are none
    public Download download(String path, Refusals refusals, Duration stall) {
        var request = plain(HttpMethod.GET, path);
        var exchange = new Exchange(request, Deadline.never(), stall);
        live.add(exchange);
        exchange.send();
        return Download.open(exchange, refusals, () -> live.remove(exchange));
    }

    /// Sends bytes of any length, outside of the protocol: `POST`. Failures come out of the upload.
    ///
    /// @param path and query, as they go on the wire
    /// @param stall longest wait until bytes are taken
    /// @param answer longest wait for the answer, after the last byte
    public Upload upload(
            String path, String contentType, Refusals refusals, Duration stall, Duration answer) {
        var content = new AsyncRequestContent(contentType);
        var request = plain(HttpMethod.POST, path).body(content);
        var exchange = new Exchange(request, Deadline.never(), answer);
        live.add(exchange);
        exchange.send();
        return new Upload(exchange, content, refusals, stall, () -> live.remove(exchange));
    }

    private Request plain(HttpMethod method, String path) {
        if (closed) throw new ConnectException(Code.CANCELED, "the client is closed");
        return http.newRequest(URI.create(base + path))
                .method(method)
                .tag(tag)
                .idleTimeout(0, TimeUnit.MILLISECONDS) // whoever waits has a limit of its own
                .followRedirects(false)
                .headers(fields -> headers.forEach(fields::put));
    }

    /// Cancels running calls and drops the connections.
    @Override
    public void close() {
        closed = true;
        for (var exchange : live) exchange.cancel();
        for (var destination : http.getDestinations()) {
            if (destination.getOrigin().getTag() != tag) continue;
            http.removeDestination(destination);
            if (destination instanceof LifeCycle pool) LifeCycle.stop(pool);
        }
    }

    private Exchange start(
            Method<?, ?> method, Message message, byte[] body, CallOptions options, Duration idle) {
        if (closed) throw new ConnectException(Code.CANCELED, "the client is closed");
        if (options.timeout().isNegative())
            throw new ConnectException(Code.DEADLINE_EXCEEDED, "the time-out of the call passed");
        boolean limited = !options.timeout().isZero();
        var request =
                http.newRequest(URI.create(base + method.path()))
                        .method(HttpMethod.POST)
                        .tag(tag)
                        .idleTimeout(0, TimeUnit.MILLISECONDS) // the deadline counts, not silence
                        .followRedirects(false)
                        .headers(fields -> {
                            fields.put(Headers.VERSION, Headers.VERSION_1);
                            if (limited)
                                fields.put(Headers.TIMEOUT, Headers.timeout(options.timeout()));
                            headers.forEach(fields::put);
                            options.headers().forEach(fields::put);
                        })
                        .body(
                                new ByteBufferRequestContent(
                                        codec.contentType(method.kind()), ByteBuffer.wrap(body)));
        var deadline = limited ? Deadline.after(options.timeout()) : Deadline.never();
        var exchange = new Exchange(request, deadline, idle);
        live.add(exchange);
        exchange.send();
        return exchange;
    }
}
