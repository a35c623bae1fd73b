package dev.wrenn.common.connect;

import com.google.protobuf.Message;
import dev.wrenn.common.runtime.Deadline;
import io.javalin.config.JavalinConfig;
import io.javalin.http.HandlerType;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Handlers of one or more services, ready to be installed in a server. Thread-safe.
public final class ConnectService {
    /// Default limit of a request message: 16 MiB.
    public static final int MAX_REQUEST_BYTES = 16 << 20;

    /// Default limit of a response message: 64 MiB.
    public static final int MAX_RESPONSE_BYTES = 64 << 20;

    private final Map<String, Procedure<?, ?>> procedures;
    private final LiveCalls live;

    private ConnectService(Map<String, Procedure<?, ?>> procedures, LiveCalls live) {
        this.procedures = Map.copyOf(procedures);
        this.live = live;
    }

    public static Builder builder() {
        return new Builder();
    }

    /// Adds the routes. Other HTTP methods than POST are answered with 405, procedures that a
    /// service does not have with 404.
    public void install(JavalinConfig config) {
        var services = new LinkedHashSet<String>();
        procedures.forEach((path, procedure) -> {
            config.routes.post(path, http -> procedure.serve(http.req(), http.res()));
            for (var method : OTHERS)
                config.routes.addHttpHandler(method, path, http -> Refusal.method(http.res()));
            services.add(path.substring(0, path.lastIndexOf('/')));
        });
        for (var service : services)
            config.routes.post(
                    service + "/{procedure}", http -> Refusal.unknown(http.req(), http.res()));
    }

    /// Takes no more calls (`unavailable`) and ends the running streams with that error; unary
    /// calls go on.
    public void drain() {
        live.stop(Set.of(Method.Kind.SERVER_STREAM));
    }

    /// After [#drain()]: waits until no call runs any more, at most until the deadline.
    public void awaitDrained(Deadline deadline) {
        live.awaitNone(deadline);
    }

    /// As [#drain()], and stops unary calls as well: their handlers are interrupted.
    public void cancelAll() {
        live.stop(Set.of(Method.Kind.values()));
    }

    private static final List<HandlerType> OTHERS =
            List.of(HandlerType.GET, HandlerType.PUT, HandlerType.PATCH, HandlerType.DELETE);

    /// Collects handlers. Not thread-safe.
    public static final class Builder {
        private final Map<String, Procedure<?, ?>> procedures = new LinkedHashMap<>();
        private final LiveCalls live = new LiveCalls();
        private int maxRequest = MAX_REQUEST_BYTES;
        private int maxResponse = MAX_RESPONSE_BYTES;

        private Builder() {}

        /// Limit of a request message in bytes, for the handlers added after this.
        public Builder maxRequestBytes(int bytes) {
            maxRequest = bytes;
            return this;
        }

        /// Limit of a response message in bytes, for the handlers added after this.
        public Builder maxResponseBytes(int bytes) {
            maxResponse = bytes;
            return this;
        }

        public <Q extends Message, R extends Message> Builder unary(
                Method<Q, R> method, UnaryHandler<Q, R> handler) {
            return add(new UnaryProcedure<>(method, handler, limits(), live));
        }

        public <Q extends Message, R extends Message> Builder stream(
                Method<Q, R> method, StreamHandler<Q, R> handler) {
            return add(new StreamProcedure<>(method, handler, limits(), live));
        }

        public ConnectService build() {
            return new ConnectService(procedures, live);
        }

        private Procedure.Limits limits() {
            return new Procedure.Limits(maxRequest, maxResponse);
        }

        private Builder add(Procedure<?, ?> procedure) {
            if (procedures.putIfAbsent(procedure.method().path(), procedure) != null)
                throw new IllegalArgumentException(procedure.method().path() + ": added twice");
            return this;
        }
    }
}
