package dev.wrenn.common.proxy;

import java.net.URI;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.HttpFields;

/// Where one request goes and what is changed on the way. Methods do not block.
public interface Leg {
    /// Why a request did not get an answer.
    enum Failure {
        /// Nobody took the connection: nothing was sent.
        NO_CONNECTION,
        /// The connection broke before an answer began.
        BROKEN
    }

    /// What to do about it.
    sealed interface Remedy {
        /// Answer the client with an error; [#refuse] is called.
        record GiveUp() implements Remedy {}

        /// Try once more, a pause after `ready` is complete; only after [Failure#NO_CONNECTION].
        record Again(CompletableFuture<?> ready, long pauseMs) implements Remedy {}
    }

    /// Scheme, address and port to dial.
    URI origin();

    /// Path and query, sent exactly like this.
    String target();

    /// Connections of different tags are kept apart; compared by identity.
    Object tag();

    /// Changes what is sent; connection headers are gone already.
    void request(HttpFields.Mutable headers);

    /// Changes what the client gets; connection headers are gone already.
    ///
    /// @return false: the client does not get this answer, [#replace] is called
    boolean response(int status, HttpFields.Mutable headers);

    /// No answer came.
    ///
    /// @param attempt 1 for the first
    Remedy failed(Failure failure, int attempt);

    /// Answers the client after [Remedy.GiveUp].
    void refuse(Failure failure);

    /// Answers the client instead of what came.
    void replace(int status, HttpFields headers);

    /// Both sides talk over a tunnel from now on.
    default void tunnelled() {}

    /// All is over, however it went. Called once.
    void over();
}
