package dev.wrenn.control.outgoing;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.client.InputStreamResponseListener;
import org.eclipse.jetty.client.Response;
import org.eclipse.jetty.util.component.LifeCycle;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/// Reads from servers of others, under the same rules as [SafeCourier]. Bodies are streamed.
/// Thread-safe.
public final class SafeReader implements AutoCloseable {
    private static final Duration HEAD = Duration.ofSeconds(30); // until an answer begins

    private final HttpClient http;
    private final TargetRules rules;

    private SafeReader(HttpClient http, TargetRules rules) {
        this.http = http;
        this.rules = rules;
    }

    /// A started one.
    public static SafeReader start(TargetRules rules) {
        return start(rules, TargetRules.SYSTEM);
    }

    static SafeReader start(TargetRules rules, TargetRules.Names names) {
        var tls = new SslContextFactory.Client();
        return new SafeReader(SafeHttp.start("outgoing-reads", rules, names, tls), rules);
    }

    /// An answer whose body is read as it comes.
    public static final class Answer implements AutoCloseable {
        private final Response response;
        private final InputStream body;

        private Answer(Response response, InputStream body) {
            this.response = response;
            this.body = body;
        }

        public int status() {
            return response.getStatus();
        }

        public Optional<String> header(String name) {
            return Optional.ofNullable(response.getHeaders().get(name));
        }

        /// Fails when nothing comes for a while.
        public InputStream body() {
            return body;
        }

        /// What was not read is not fetched.
        @Override
        public void close() {
            try {
                body.close();
            } catch (IOException e) {
                // nobody wants the rest
            }
        }
    }

    /// Not asked, because the address may not be connected to. The words tell nothing of what is
    /// there.
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }

    /// Asks for what is at an address; a redirect is an answer.
    ///
    /// @throws RefusedException when it may not be asked
    /// @throws IOException when it does not answer
    public Answer get(URI url, Map<String, String> headers)
            throws IOException, InterruptedException {
        var refusal = SafeHttp.refusal(url, rules);
        if (refusal.isPresent()) throw new RefusedException(refusal.get());
        var listener = new InputStreamResponseListener();
        http.newRequest(url).headers(fields -> headers.forEach(fields::put)).send(listener);
        try {
            var response = listener.get(HEAD.toMillis(), TimeUnit.MILLISECONDS);
            return new Answer(response, listener.getInputStream());
        } catch (ExecutionException e) {
            if (SafeHttp.refused(e)) throw new RefusedException("address not allowed");
            throw new IOException("not reached", e);
        } catch (TimeoutException e) {
            listener.getInputStream().close();
            throw new IOException("no answer in time", e);
        }
    }

    @Override
    public void close() {
        LifeCycle.stop(http);
    }
}
