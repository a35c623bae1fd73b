package dev.wrenn.common.connect;

/// How a server says no to a plain request.
@FunctionalInterface
public interface Refusals {
    /// As unary calls do: a Connect error as JSON.
    Refusals CONNECT =
            (status, body) -> {
                var error = ErrorJson.parseError(body, java.util.Map.of());
                return error != null
                        ? error
                        : new ConnectException(Code.ofHttp(status), "HTTP " + status);
            };

    /// What it means.
    ///
    /// @param status anything but 2xx
    /// @param body at most 64 KiB of it
    ConnectException of(int status, byte[] body);
}
