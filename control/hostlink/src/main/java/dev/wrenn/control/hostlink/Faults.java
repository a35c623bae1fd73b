package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.control.domain.hosts.HostFault;
import java.net.NoRouteToHostException;
import java.nio.channels.UnresolvedAddressException;
import org.jspecify.annotations.Nullable;

/// What a failed call means. An error with a cause was found on our side of the wire, one without
/// was said by the host.
final class Faults {
    private static final int LONGEST_DETAIL = 500;

    private Faults() {}

    /// @param unavailable what it means when the host itself says `unavailable`
    static HostFault of(ConnectException e, HostFault unavailable) {
        boolean ours = e.getCause() != null;
        return switch (e.code()) {
            case CANCELED -> HostFault.UNREACHABLE;
            case DEADLINE_EXCEEDED -> HostFault.TIMEOUT;
            case NOT_FOUND -> HostFault.NOT_FOUND;
            case INVALID_ARGUMENT, OUT_OF_RANGE -> HostFault.INVALID;
            case FAILED_PRECONDITION, ALREADY_EXISTS, ABORTED -> HostFault.CONFLICT;
            case PERMISSION_DENIED -> HostFault.FORBIDDEN;
            case RESOURCE_EXHAUSTED -> ours ? HostFault.UNREACHABLE : HostFault.DISK_FULL;
            case UNIMPLEMENTED -> HostFault.UNIMPLEMENTED;
            case UNAVAILABLE -> ours ? silent(e) : unavailable;
            case DATA_LOSS -> HostFault.DATA_LOSS;
            case UNKNOWN, INTERNAL, UNAUTHENTICATED -> HostFault.INTERNAL;
        };
    }

    /// Jetty's client tells these before it has sent anything; all else may come later.
    private static HostFault silent(Throwable e) {
        for (var t = e.getCause(); t != null; t = t.getCause())
            if (t instanceof java.net.ConnectException
                    || t instanceof NoRouteToHostException
                    || t instanceof UnresolvedAddressException) return HostFault.UNCONNECTED;
        return HostFault.UNREACHABLE;
    }

    /// The same for calls about files: what exists is no state of the capsule.
    static HostFault ofFile(ConnectException e) {
        if (e.code() == Code.ALREADY_EXISTS) return HostFault.EXISTS;
        return of(e, HostFault.GUEST_GONE);
    }

    /// Words for people: the host's own, or ours, without addresses.
    static String detail(ConnectException e, HostFault fault) {
        return switch (fault) {
            case UNREACHABLE, UNCONNECTED -> "the capsule's host cannot be reached";
            case TIMEOUT -> "no answer in time";
            case NOT_FOUND,
                    INVALID,
                    CONFLICT,
                    EXISTS,
                    FORBIDDEN,
                    NO_ROOM,
                    DISK_FULL,
                    UNIMPLEMENTED,
                    DATA_LOSS,
                    GUEST_GONE,
                    INTERNAL ->
                    said(e.getMessage());
        };
    }

    private static String said(@Nullable String message) {
        if (message == null || message.isBlank()) return "the host failed";
        var line = message.strip().replace('\n', ' ').replace('\r', ' ');
        return line.length() <= LONGEST_DETAIL ? line : line.substring(0, LONGEST_DETAIL) + "…";
    }
}
