package dev.wrenn.common.connect;

import java.util.OptionalLong;
import org.eclipse.jetty.client.Response;

/// The body of an answer, pulled from the connection as it is read. For one thread.
public final class Download implements AutoCloseable {
    private static final int MAX_ERROR_BYTES = 64 << 10;

    private final Exchange exchange;
    private final Runnable forget;
    private final OptionalLong length;
    private boolean finished;

    private Download(Exchange exchange, Runnable forget, OptionalLong length) {
        this.exchange = exchange;
        this.forget = forget;
        this.length = length;
    }

    static Download open(Exchange exchange, Refusals refusals, Runnable forget) {
        boolean good = false;
        try {
            var response = exchange.response();
            if (!isGood(response)) throw refusal(exchange, response, refusals);
            long declared = response.getHeaders().getLongField("Content-Length");
            good = true;
            return new Download(
                    exchange,
                    forget,
                    declared < 0 ? OptionalLong.empty() : OptionalLong.of(declared));
        } finally {
            if (!good) {
                forget.run();
                exchange.cancel();
            }
        }
    }

    static boolean isGood(Response response) {
        return response.getStatus() / 100 == 2;
    }

    /// Reads the refusal that an exchange was answered with.
    static ConnectException refusal(Exchange exchange, Response response, Refusals refusals) {
        try {
            return refusals.of(response.getStatus(), exchange.upTo(MAX_ERROR_BYTES));
        } catch (java.io.IOException e) {
            return new ConnectException(Code.UNAVAILABLE, "connection broke", e);
        }
    }

    /// Bytes of it, when the server said so; then it has so many, or breaks.
    public OptionalLong length() {
        return length;
    }

    /// Waits for bytes.
    ///
    /// @return how many were read, -1 at the end, which was really the end
    /// @throws ConnectException when it broke off or nothing came for too long
    public int read(byte[] target, int offset, int count) {
        int n = exchange.read(target, offset, count);
        if (n < 0) finish();
        return n;
    }

    /// Breaks the connection unless all was read.
    @Override
    public void close() {
        if (finished) return;
        finish();
        exchange.cancel();
    }

    private void finish() {
        finished = true;
        forget.run();
    }
}
