package dev.wrenn.common.proxy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.io.ByteBufferPool;
import org.eclipse.jetty.io.RetainableByteBuffer;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request without a body on its way over a [Lane], and its answer on its way back.
final class Passage {
    private static final Logger LOG = LoggerFactory.getLogger(Passage.class);
    private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "OPTIONS");
    private static final byte[] VERSION = bytes(" HTTP/1.1\r\n");
    private static final byte[] COLON = bytes(": ");
    private static final byte[] LINE_END = bytes("\r\n");

    private final Request request;
    private final Response response;
    private final Callback done;
    private final LaneLeg leg;
    private final Runnable otherwise;

    /// @param otherwise takes another way, when nothing came back
    Passage(Request request, Response response, Callback done, LaneLeg leg, Runnable otherwise) {
        this.request = request;
        this.response = response;
        this.done = done;
        this.leg = leg;
        this.otherwise = otherwise;
    }

    /// Whether a request may go over a lane: it has no body, asks for no other protocol, and its
    /// target is plain text.
    static boolean fits(Request request) {
        var headers = request.getHeaders();
        if (Upgrade.hasBody(headers)
                || headers.contains(HttpHeader.UPGRADE)
                || !headers.contains(HttpHeader.HOST)) return false;
        var target = request.getHttpURI().getPathQuery();
        if (target == null) return false;
        for (int i = 0; i < target.length(); i++)
            if (target.charAt(i) <= ' ' || target.charAt(i) >= 0x7f) return false;
        return true;
    }

    boolean isHead() {
        return HttpMethod.HEAD.is(request.getMethod());
    }

    /// The head as it is sent, in a buffer to be released.
    RetainableByteBuffer head(ByteBufferPool buffers) {
        var headers = HopHeaders.endToEnd(request.getHeaders());
        leg.request(headers);
        var method = request.getMethod();
        var target = leg.direct();
        int length = method.length() + 1 + target.length() + VERSION.length + LINE_END.length;
        for (HttpField field : headers)
            length += field.getName().length() + COLON.length + LINE_END.length + length(field);
        var space = buffers.acquire(length, true);
        var to = space.getByteBuffer();
        BufferUtil.clearToFill(to);
        to.put(bytes(method)).put((byte) ' ').put(bytes(target)).put(VERSION);
        for (HttpField field : headers) {
            to.put(bytes(field.getName())).put(COLON);
            if (field.getValue() != null) to.put(bytes(field.getValue()));
            to.put(LINE_END);
        }
        to.put(LINE_END);
        BufferUtil.flipToFlush(to, 0);
        return space;
    }

    private static int length(HttpField field) {
        return field.getValue() == null ? 0 : field.getValue().length();
    }

    // Header values and targets are ASCII or bytes as such; they cannot hold a line end.
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    void answer(int status, HttpFields from) {
        var headers = HopHeaders.endToEnd(from);
        leg.answer(status, headers);
        response.setStatus(status);
        response.getHeaders().remove(HttpHeader.DATE);
        response.getHeaders().add(headers);
    }

    void write(boolean last, ByteBuffer piece, Callback next) {
        response.write(last, piece, next);
    }

    void succeeded() {
        leg.over();
        done.succeeded();
    }

    /// The answer broke off, or its client is gone.
    void failed(Throwable cause) {
        leg.over();
        done.failed(cause);
    }

    /// No answer came. Whether the server has done something is not known.
    void lost(Throwable cause) {
        LOG.atDebug().setCause(cause).log("no answer over a lane");
        if (REPEATABLE.contains(request.getMethod())) otherwise.run();
        else leg.refuse(Leg.Failure.BROKEN);
    }
}
