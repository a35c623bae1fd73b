package dev.wrenn.common.proxy;

import java.io.EOFException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request on its way to another server, and its answer on its way back. Thread-safe.
public final class Forward {
    private static final Logger LOG = LoggerFactory.getLogger(Forward.class);
    private static final Set<String> REPEATABLE = Set.of("GET", "HEAD", "OPTIONS");

    private final ProxyClient client;
    private final Request request;
    private final Response response;
    private final Callback done;
    private final Leg leg;
    private final Optional<String> upgrade;
    private final long idleBefore;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable RawRequest sent;
    private volatile @Nullable ByteTunnel tunnel;
    private volatile @Nullable Throwable cut;

    private Forward(
            ProxyClient client, Request request, Response response, Callback done, Leg leg) {
        this.client = client;
        this.request = request;
        this.response = response;
        this.done = done;
        this.leg = leg;
        this.upgrade = Upgrade.of(request);
        this.idleBefore = endPoint().getIdleTimeout();
    }

    /// Sends the request on its way; all else comes by itself.
    ///
    /// @param done of the request; the leg's own answers use [#answered]
    public static Forward begin(
            ProxyClient client, Request request, Response response, Callback done, Leg leg) {
        var forward = new Forward(client, request, response, done, leg);
        forward.endPoint().setIdleTimeout(0); // who streams may be silent for as long as it likes
        return forward;
    }

    /// Makes the first attempt.
    public void send() {
        attempt(1);
    }

    /// The callback for an answer of the leg's own.
    public Callback answered() {
        return Callback.from(this::succeed, this::fail);
    }

    /// Ends it at once, in whichever state it is.
    public void cut(String why) {
        var cause = new IOException(why);
        cut = cause;
        var flow = tunnel;
        if (flow != null) flow.close();
        var under = sent;
        if (under != null) under.abort(cause);
    }

    /// True once bytes go both ways.
    public boolean isTunnel() {
        return tunnel != null;
    }

    private org.eclipse.jetty.io.EndPoint endPoint() {
        return request.getConnectionMetaData().getConnection().getEndPoint();
    }

    private void attempt(int number) {
        var next = new RawRequest(client.http(), leg.origin(), leg.target());
        next.method(request.getMethod());
        next.idleTimeout(0, TimeUnit.MILLISECONDS);
        next.tag(leg.tag());
        var headers = HopHeaders.endToEnd(request.getHeaders());
        leg.request(headers);
        next.headers(fields -> {
            fields.clear().add(headers);
            upgrade.ifPresent(protocol -> {
                fields.put(HttpHeader.UPGRADE, protocol);
                fields.put(HttpHeader.CONNECTION, "Upgrade");
            });
        });
        if (Upgrade.hasBody(request.getHeaders())) next.body(new RequestBody(request));
        sent = next;
        var cause = cut;
        if (cause != null) next.abort(cause);
        next.send(new Answer(number));
    }

    private void failed(@Nullable Throwable cause, boolean wasSent, int attempt) {
        LOG.atDebug().setCause(cause).log("attempt {} failed", attempt);
        if (wasSent && repeatable(cause) && attempt == 1) { // an idle connection that was gone
            attempt(2);
            return;
        }
        var failure = wasSent ? Leg.Failure.BROKEN : Leg.Failure.NO_CONNECTION;
        var remedy = cut != null ? new Leg.Remedy.GiveUp() : leg.failed(failure, attempt);
        switch (remedy) {
            case Leg.Remedy.Again(var ready, var pause) when !wasSent ->
                    ready.whenCompleteAsync(
                            (_, _) -> attempt(attempt + 1),
                            CompletableFuture.delayedExecutor(
                                    pause, TimeUnit.MILLISECONDS, client.http().getExecutor()));
            case Leg.Remedy.Again _, Leg.Remedy.GiveUp _ -> leg.refuse(failure);
        }
    }

    private boolean repeatable(@Nullable Throwable cause) {
        return cause instanceof EOFException
                && cut == null
                && REPEATABLE.contains(request.getMethod())
                && !Upgrade.hasBody(request.getHeaders());
    }

    private void succeed() {
        endPoint().setIdleTimeout(idleBefore);
        end();
        done.succeeded();
    }

    private void fail(Throwable cause) {
        end();
        done.failed(cause);
    }

    private void end() {
        if (over.compareAndSet(false, true)) leg.over();
    }

    /// What the other server says to one attempt.
    private final class Answer extends Callback.Completable
            implements org.eclipse.jetty.client.Response.Listener {
        private final int attempt;
        private boolean begun;
        private boolean replaced;

        Answer(int attempt) {
            this.attempt = attempt;
        }

        @Override
        public void onHeaders(org.eclipse.jetty.client.Response from) {
            begun = true;
            if (from.getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101) return;
            var headers = HopHeaders.endToEnd(from.getHeaders());
            if (!leg.response(from.getStatus(), headers)) {
                replaced = true;
                return;
            }
            response.setStatus(from.getStatus());
            response.getHeaders().remove(HttpHeader.DATE);
            response.getHeaders().add(headers);
        }

        @Override
        public void onContent(
                org.eclipse.jetty.client.Response from, Content.Chunk chunk, Runnable demand) {
            if (replaced) {
                demand.run();
                return;
            }
            chunk.retain();
            response.write(
                    false,
                    chunk.getByteBuffer(),
                    Callback.from(
                            InvocationType.NON_BLOCKING,
                            () -> {
                                chunk.release();
                                demand.run();
                            },
                            cause -> {
                                chunk.release();
                                from.abort(cause); // the client is gone
                            }));
        }

        @Override
        public void onComplete(Result result) {
            var from = result.getResponse();
            boolean whole = begun && result.getResponseFailure() == null; // body read or not
            if (result.isFailed() && !whole) {
                if (begun && !replaced) Forward.this.fail(result.getFailure());
                else if (replaced) leg.replace(from.getStatus(), from.getHeaders());
                else Forward.this.failed(result.getFailure(), wasSent(result), attempt);
            } else if (replaced) {
                leg.replace(from.getStatus(), from.getHeaders());
            } else if (from.getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101) {
                upgrade(from);
            } else {
                response.write(
                        true,
                        BufferUtil.EMPTY_BUFFER,
                        Callback.from(Forward.this::succeed, Forward.this::fail));
            }
        }

        private boolean wasSent(Result result) {
            return result.getRequest().getConnection() != null;
        }

        private void upgrade(org.eclipse.jetty.client.Response from) {
            var request = (RawRequest) from.getRequest();
            if (upgrade.isEmpty()) {
                request.endPoint().close();
                leg.refuse(Leg.Failure.BROKEN);
                return;
            }
            var headers = HopHeaders.endToEnd(from.getHeaders());
            leg.response(from.getStatus(), headers);
            response.setStatus(HttpStatus.SWITCHING_PROTOCOLS_101);
            response.getHeaders().add(headers);
            response.getHeaders().put(HttpHeader.CONNECTION, "Upgrade");
            var protocol = from.getHeaders().get(HttpHeader.UPGRADE);
            response.getHeaders()
                    .put(HttpHeader.UPGRADE, protocol == null ? upgrade.get() : protocol);
            var flow =
                    new ByteTunnel(
                            endPoint(),
                            request.endPoint(),
                            client.http().getExecutor(),
                            client.http().getByteBufferPool(),
                            Forward.this::end);
            tunnel = flow;
            leg.tunnelled();
            // A client that left before its 101 never takes its side.
            Request.addCompletionListener(
                    Forward.this.request,
                    cause -> {
                        if (cause != null) flow.close();
                    });
            Forward.this.request.setAttribute(
                    HttpStream.UPGRADE_CONNECTION_ATTRIBUTE, flow.client());
            done.succeeded();
            if (cut != null) flow.close();
        }
    }
}
