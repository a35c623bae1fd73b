package dev.wrenn.common.connect;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.AsyncRequestContent;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/// The body of a request, handed to the connection piece by piece: a slow reader slows the writer
/// down. For one thread.
public final class Upload implements AutoCloseable {
    private static final int MAX_ANSWER_BYTES = 64 << 10;

    private final Exchange exchange;
    private final AsyncRequestContent content;
    private final Refusals refusals;
    private final Duration stall;
    private final Runnable forget;
    private Callback.@Nullable Completable under; // way
    private boolean answeredEarly; // and well: what is left of the body does not matter
    private boolean finished;

    Upload(
            Exchange exchange,
            AsyncRequestContent content,
            Refusals refusals,
            Duration stall,
            Runnable forget) {
        this.exchange = exchange;
        this.content = content;
        this.refusals = refusals;
        this.stall = stall;
        this.forget = forget;
    }

    /// Sends bytes, after those of the call before were taken. They must stay as they are until the
    /// next call returns: with two arrays one can be filled while the other is sent.
    ///
    /// @throws ConnectException the refusal, as soon as it is known; a broken connection; bytes
    ///   that were not taken for too long
    public void write(byte[] bytes, int offset, int count) {
        awaitTaken();
        if (count == 0 || answeredEarly) return;
        var taken = new Callback.Completable();
        under = taken;
        content.write(ByteBuffer.wrap(bytes, offset, count), taken);
    }

    /// Ends the body and waits for the answer.
    ///
    /// @return its body
    /// @throws ConnectException the refusal, or why there is no answer
    public byte[] finish() {
        awaitTaken();
        content.close();
        var response = exchange.response();
        if (!Download.isGood(response)) throw Download.refusal(exchange, response, refusals);
        try {
            var answer = exchange.all(-1, MAX_ANSWER_BYTES);
            finished = !answeredEarly;
            if (finished) forget.run();
            return answer;
        } catch (IOException e) {
            throw new ConnectException(Code.UNAVAILABLE, "connection broke", e);
        }
    }

    /// Breaks the connection unless it was finished: the server sees a body without an end.
    @Override
    public void close() {
        if (finished) return;
        finished = true;
        forget.run();
        exchange.cancel();
    }

    private void awaitTaken() {
        if (exchange.answered()) answered();
        var waiting = under;
        under = null;
        if (waiting == null || answeredEarly) return;
        try {
            waiting.get(stall.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new ConnectException(Code.UNAVAILABLE, "nothing was taken for " + stall);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ConnectException(Code.CANCELED, "the calling thread was interrupted", e);
        } catch (ExecutionException e) {
            answered(); // whoever has refused may have closed the connection then
        }
    }

    /// It was answered, or it failed.
    private void answered() {
        var response = exchange.response();
        if (!Download.isGood(response)) throw Download.refusal(exchange, response, refusals);
        answeredEarly = true;
    }
}
