package dev.wrenn.common.connect;

import com.google.protobuf.Message;

/// One procedure of a service.
///
/// @param service full protobuf name, such as `process.Process`
/// @param requestPrototype default instance, gives parser and type
public record Method<Q extends Message, R extends Message>(
        String service, String name, Kind kind, Q requestPrototype, R responsePrototype) {
    /// How many messages flow.
    public enum Kind {
        UNARY,
        SERVER_STREAM
    }

    /// One request, one response.
    public static <Q extends Message, R extends Message> Method<Q, R> unary(
            String service, String name, Q request, R response) {
        return new Method<>(service, name, Kind.UNARY, request, response);
    }

    /// One request, any number of responses.
    public static <Q extends Message, R extends Message> Method<Q, R> serverStream(
            String service, String name, Q request, R response) {
        return new Method<>(service, name, Kind.SERVER_STREAM, request, response);
    }

    /// `/service/name`.
    public String path() {
        return "/" + service + "/" + name;
    }
}
