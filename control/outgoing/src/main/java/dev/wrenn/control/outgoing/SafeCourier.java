package dev.wrenn.control.outgoing;

import dev.wrenn.control.domain.channels.Courier;
import dev.wrenn.control.domain.channels.Delivered;
import dev.wrenn.control.domain.channels.Provider;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.client.Result;
import org.eclipse.jetty.client.StringRequestContent;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.jspecify.annotations.Nullable;

/// Tells servers of others. Redirects are not followed; little of an answer is read, and none of it
/// is kept.
public final class SafeCourier implements Courier, AutoCloseable {
    /// Of everything together.
    static final Duration LIMIT = Duration.ofSeconds(10);

    private static final int MOST_READ = 4 << 10;
    private static final int PER_TARGET = 64;

    private final HttpClient http;
    private final TargetRules rules;
    private final Duration limit;
    private final InstantSource clock;

    private SafeCourier(HttpClient http, TargetRules rules, Duration limit, InstantSource clock) {
        this.http = http;
        this.rules = rules;
        this.limit = limit;
        this.clock = clock;
    }

    /// A started one.
    public static SafeCourier start(TargetRules rules) {
        return start(
                rules,
                TargetRules.SYSTEM,
                new SslContextFactory.Client(),
                LIMIT,
                InstantSource.system());
    }

    static SafeCourier start(
            TargetRules rules,
            TargetRules.Names names,
            SslContextFactory.Client tls,
            Duration limit,
            InstantSource clock) {
        var http = SafeHttp.start("outgoing", rules, names, tls);
        http.setMaxConnectionsPerDestination(PER_TARGET);
        return new SafeCourier(http, rules, limit, clock);
    }

    @Override
    public Delivered deliver(Provider.Request request) {
        var url = request.url();
        var refusal = SafeHttp.refusal(url, rules);
        if (refusal.isPresent()) return new Delivered.Never(refusal.get(), Optional.empty());
        var wire =
                http.newRequest(url)
                        .method(request.method())
                        .timeout(limit.toMillis(), TimeUnit.MILLISECONDS)
                        .headers(fields -> request.headers().forEach(fields::put))
                        .body(new StringRequestContent("application/json", request.body()));
        try {
            var answer = new Answer();
            wire.onResponseContentSource(answer::discard);
            wire.send(answer);
            return answer.outcome(limit.plusSeconds(1));
        } catch (InterruptedException e) {
            wire.abort(e);
            Thread.currentThread().interrupt();
            return new Delivered.Later("interrupted", Optional.empty(), Optional.empty());
        } catch (TimeoutException e) {
            wire.abort(e);
            return new Delivered.Later("no answer in time", Optional.empty(), Optional.empty());
        } catch (ExecutionException e) {
            return failure(e);
        }
    }

    /// The words tell nothing of what is there: neither addresses nor open ports.
    private static Delivered failure(ExecutionException failed) {
        for (Throwable t = failed; t != null; t = t.getCause()) {
            if (t instanceof TargetRules.RefusedException)
                return new Delivered.Never("address not allowed", Optional.empty());
            if (t instanceof TimeoutException)
                return new Delivered.Later("no answer in time", Optional.empty(), Optional.empty());
        }
        return new Delivered.Later("not reached", Optional.empty(), Optional.empty());
    }

    /// The head of an answer; what follows is read within bounds and forgotten.
    private final class Answer implements Response.CompleteListener {
        private final CompletableFuture<Delivered> outcome = new CompletableFuture<>();

        void discard(Response response, Content.Source source) {
            outcome.complete(of(response));
            read(response, source, MOST_READ);
        }

        private void read(Response response, Content.Source source, int left) {
            while (true) {
                var chunk = source.read();
                if (chunk == null) {
                    int rest = left;
                    source.demand(() -> read(response, source, rest));
                    return;
                }
                if (Content.Chunk.isFailure(chunk)) return;
                left -= chunk.remaining();
                chunk.release();
                if (chunk.isLast()) return;
                if (left < 0) {
                    response.abort(new IllegalStateException("more than is read"));
                    return;
                }
            }
        }

        @Override
        public void onComplete(Result result) {
            if (result.isFailed()) outcome.completeExceptionally(result.getFailure());
            else outcome.complete(of(result.getResponse()));
        }

        Delivered outcome(Duration patience)
                throws InterruptedException, ExecutionException, TimeoutException {
            return outcome.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /// What a status means: 408, 425, 429 and those from 500 on may pass; all others stay.
    private Delivered of(Response response) {
        int status = response.getStatus();
        if (status >= 200 && status < 300) return new Delivered.Done(status);
        var told = Optional.of(status);
        var words = "answered " + status;
        if (status == 429 || status == 503)
            return new Delivered.Later(
                    words, told, wish(response.getHeaders().get(HttpHeader.RETRY_AFTER)));
        boolean passing = status == 408 || status == 425 || status >= 500;
        return passing
                ? new Delivered.Later(words, told, Optional.empty())
                : new Delivered.Never(words, told);
    }

    /// Seconds, or a date (RFC 9110, 10.2.3).
    private Optional<Duration> wish(@Nullable String text) {
        if (text == null) return Optional.empty();
        try {
            return Optional.of(Duration.ofSeconds(Math.max(0, Integer.parseInt(text.strip()))));
        } catch (NumberFormatException e) {
            return until(text);
        }
    }

    private Optional<Duration> until(String date) {
        try {
            Instant at =
                    ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            var left = Duration.between(clock.instant(), at);
            return Optional.of(left.isNegative() ? Duration.ZERO : left);
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        LifeCycle.stop(http);
    }
}
