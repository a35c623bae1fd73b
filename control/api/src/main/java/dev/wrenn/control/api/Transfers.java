package dev.wrenn.control.api;

import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.hosts.TransferException;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers beside the bodies of long transfers.
final class Transfers {
    private static final Logger LOG = LoggerFactory.getLogger(Transfers.class);
    private static final int CHUNK = 256 << 10;

    // What is read of the body of a refused upload: a little more than one that is too large.
    private static final long LONGEST_REST = 256L << 20;
    private static final Duration LONGEST_READING = Duration.ofSeconds(30);

    private Transfers() {}

    /// Bytes from a capsule. Half an answer must not be taken for a whole one: then the connection
    /// breaks.
    static void write(Context http, Reply.Bytes reply) {
        try (var source = reply.source()) {
            http.res().setCharacterEncoding(null); // it is no text
            http.res().setContentType(reply.contentType());
            http.res().setBufferSize(CHUNK); // it writes arrays in pieces of this size
            source.length().ifPresent(http.res()::setContentLengthLong);
            var out = http.res().getOutputStream();
            var chunk = new byte[CHUNK];
            for (int n = source.read(chunk); n >= 0; n = source.read(chunk)) out.write(chunk, 0, n);
            out.close();
        } catch (TransferException e) {
            LOG.atWarn().addKeyValue("fault", e.fault()).setCause(e).log("a download broke off");
            breakOff(http, e);
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("client left a download");
            breakOff(http, e);
        }
    }

    /// Events for as long as the client listens; what it misses it asks for when it comes back.
    static void write(Context http, Reply.Live reply) {
        try (var _ = reply.open()) {
            http.res().setContentType("text/event-stream");
            http.res().setHeader("X-Accel-Buffering", "no"); // proxies in front keep nothing back
            if (http.req().getMethod().equals("HEAD")) return;
            reply.writer().write(http.res().getOutputStream());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (StoreUnavailableException | IOException e) {
            LOG.atDebug().setCause(e).log("a client's events ended");
        } catch (Exception e) {
            throw new IllegalStateException("events not closed", e);
        }
    }

    /// The error first, then what is left of the body, within bounds; then the connection ends.
    static void refuse(Context http, Reply.Early reply) {
        var body = Json.bytes(reply.error().json());
        try {
            http.contentType(Reply.JSON);
            http.header("Connection", "close");
            http.res().setContentLength(body.length);
            http.res().getOutputStream().write(body);
            http.res().flushBuffer();
            discard(reply.rest());
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("client left a refused upload");
        }
    }

    private static void discard(InputStream rest) throws IOException {
        var chunk = new byte[CHUNK];
        long end = System.nanoTime() + LONGEST_READING.toNanos();
        long left = LONGEST_REST;
        while (left > 0 && System.nanoTime() - end < 0) {
            int n = rest.read(chunk, 0, (int) Math.min(chunk.length, left));
            if (n < 0) return;
            left -= n;
        }
    }

    private static void breakOff(Context http, Throwable cause) {
        ServletContextRequest.getServletContextRequest(http.req())
                .getConnectionMetaData()
                .getConnection()
                .getEndPoint()
                .close(cause);
    }
}
