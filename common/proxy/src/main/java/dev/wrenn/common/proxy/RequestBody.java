package dev.wrenn.common.proxy;

import org.eclipse.jetty.client.Request;
import org.eclipse.jetty.io.Content;
import org.jspecify.annotations.Nullable;

/// The body of a request as it arrives. A failed attempt that read nothing of it leaves it whole
/// for the next one.
final class RequestBody implements Request.Content {
    private final org.eclipse.jetty.server.Request from;
    private volatile boolean begun;

    RequestBody(org.eclipse.jetty.server.Request from) {
        this.from = from;
    }

    @Override
    public long getLength() {
        return from.getLength();
    }

    @Override
    public Content.@Nullable Chunk read() {
        begun = true;
        return from.read();
    }

    @Override
    public void demand(Runnable callback) {
        begun = true;
        from.demand(callback);
    }

    @Override
    public void fail(Throwable failure) {
        if (begun) from.fail(failure);
    }

    @Override
    public @Nullable String getContentType() {
        return null; // the header is passed on as it is
    }

    @Override
    public boolean rewind() {
        return false;
    }
}
