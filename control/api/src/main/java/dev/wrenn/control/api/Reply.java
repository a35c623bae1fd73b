package dev.wrenn.control.api;

import dev.wrenn.control.domain.hosts.FileSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// An answer, ready to be written.
sealed interface Reply {
    int status();

    /// One whose body is at hand.
    @SuppressWarnings("ArrayRecordComponent") // written once, never shared
    record Whole(int status, String contentType, byte[] body) implements Reply {}

    /// One whose JSON body may be large and is written as it is made.
    record Streamed(int status, Writer writer) implements Reply {}

    /// One with a header more.
    record WithHeader(Reply rest, String name, String value) implements Reply {
        @Override
        public int status() {
            return rest.status();
        }
    }

    /// This one with a header more.
    default Reply with(String name, String value) {
        return new WithHeader(this, name, value);
    }

    /// Bytes that come from a capsule as they are written; a failure on the way breaks the
    /// connection. The source is closed with it.
    record Bytes(String contentType, FileSource source) implements Reply {
        @Override
        public int status() {
            return 200;
        }
    }

    /// Server-sent events, for as long as there are any.
    ///
    /// @param open closed at the end
    record Live(AutoCloseable open, LiveWriter writer) implements Reply {
        @Override
        public int status() {
            return 200;
        }
    }

    /// Writes events as they come.
    interface LiveWriter {
        void write(OutputStream out) throws IOException, InterruptedException;
    }

    /// An error that is known before the body of the request was read: what is left of it is read
    /// after the answer, so that its sender sees it.
    record Early(ApiError error, InputStream rest) implements Reply {
        @Override
        public int status() {
            return error.status();
        }
    }

    /// Writes a body.
    interface Writer {
        void write(OutputStream out) throws IOException;
    }

    /// Of every body but pages and documents.
    String JSON = "application/json";

    static Reply json(int status, Object value) {
        return new Whole(status, JSON, Json.bytes(value));
    }

    static Reply ok(Object value) {
        return json(200, value);
    }

    static Reply noContent() {
        return new Whole(204, "", new byte[0]);
    }

    /// 302.
    static Reply redirect(String to) {
        return new Whole(302, "", new byte[0]).with("Location", to);
    }

    static Reply error(ApiError error) {
        return json(error.status(), error.json());
    }

    static Reply text(int status, String contentType, String text) {
        return new Whole(status, contentType, text.getBytes(StandardCharsets.UTF_8));
    }
}
