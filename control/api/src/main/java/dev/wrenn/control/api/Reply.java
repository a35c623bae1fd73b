package dev.wrenn.control.api;

import java.nio.charset.StandardCharsets;

/// An answer, ready to be written.
@SuppressWarnings("ArrayRecordComponent") // written once, never shared
record Reply(int status, String contentType, byte[] body) {
    private static final String JSON = "application/json";
    private static final byte[] EMPTY = {};

    static Reply json(int status, Object value) {
        return new Reply(status, JSON, Json.bytes(value));
    }

    static Reply ok(Object value) {
        return json(200, value);
    }

    static Reply noContent() {
        return new Reply(204, "", EMPTY);
    }

    static Reply error(ApiError error) {
        return json(error.status(), error.json());
    }

    static Reply text(int status, String contentType, String text) {
        return new Reply(status, contentType, text.getBytes(StandardCharsets.UTF_8));
    }
}
