package dev.wrenn.control.api;

import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.hosts.HostFault;
import dev.wrenn.control.domain.teams.Amounts;
import java.util.Optional;

/// Failures to public codes, in one place.
final class ErrorTable {
    static final ApiError NO_SANDBOX = new ApiError(404, "not_found", "sandbox not found");
    static final ApiError INTERNAL = new ApiError(500, "internal_error", "internal error");
    static final ApiError UNAVAILABLE =
            new ApiError(503, "unavailable", "temporarily unavailable, try again");
    static final ApiError NO_TEAM =
            new ApiError(403, "no_team", "no member of this team: switch to another one");

    private ErrorTable() {}

    /// @param why in words, when it is not only that they are full
    static ApiError noHosts(Optional<String> why) {
        var words = "no host has room for the capsule";
        return new ApiError(
                503, "no_hosts_available", why.map(w -> words + ": " + w).orElse(words));
    }

    /// The team may not have so much.
    static ApiError teamFull(Amounts.Excess excess) {
        return new ApiError(
                403, "forbidden", "limit of the team: " + excess.limit() + " " + excess.words());
    }

    /// A host that did not do what it was asked.
    static ApiError of(HostFault fault, String detail) {
        return switch (fault) {
            case NOT_FOUND -> new ApiError(404, "not_found", detail);
            case INVALID -> new ApiError(400, "invalid_request", detail);
            case CONFLICT, EXISTS -> new ApiError(409, "conflict", detail);
            case FORBIDDEN -> new ApiError(403, "forbidden", detail);
            case UNREACHABLE, UNCONNECTED -> new ApiError(503, "host_unavailable", detail);
            case NO_ROOM -> noHosts(Optional.empty());
            case DISK_FULL -> new ApiError(507, "insufficient_storage", detail);
            case UNIMPLEMENTED -> new ApiError(501, "agent_error", detail);
            case TIMEOUT, GUEST_GONE, DATA_LOSS, INTERNAL ->
                    new ApiError(502, "agent_error", detail);
        };
    }

    /// A host that did not do what concerns the life of a capsule: there a conflict is its state.
    static ApiError ofLifecycle(HostFault fault, String detail) {
        return switch (fault) {
            case CONFLICT -> new ApiError(409, "invalid_state", detail);
            case DATA_LOSS ->
                    new ApiError(502, "agent_error", "what was saved of it is damaged: " + detail);
            case UNREACHABLE,
                    UNCONNECTED,
                    TIMEOUT,
                    NOT_FOUND,
                    INVALID,
                    EXISTS,
                    FORBIDDEN,
                    NO_ROOM,
                    DISK_FULL,
                    UNIMPLEMENTED,
                    GUEST_GONE,
                    INTERNAL ->
                    of(fault, detail);
        };
    }

    /// A host that did not do what concerns a file: a conflict is the capsule's state, and
    /// different from what exists already.
    static ApiError ofFile(HostFault fault, String detail) {
        return fault == HostFault.CONFLICT
                ? new ApiError(409, "invalid_state", detail)
                : of(fault, detail);
    }

    static ApiError notRunning(CapsuleState state) {
        return wrongState("sandbox is not running", state);
    }

    /// @param refusal what cannot be done, in words
    static ApiError wrongState(String refusal, CapsuleState state) {
        return new ApiError(409, "invalid_state", refusal + " (status: " + state.word() + ")");
    }

    /// What the HTTP server itself refuses.
    static ApiError ofStatus(int status) {
        return switch (status) {
            case 401 -> new ApiError(401, "unauthorized", "authentication required");
            case 403 -> new ApiError(403, "forbidden", "not allowed");
            case 404 -> new ApiError(404, "not_found", "no such route");
            case 405 -> new ApiError(405, "method_not_allowed", "method not allowed here");
            case 413 -> tooLarge();
            case 503 -> UNAVAILABLE;
            default ->
                    status >= 500
                            ? new ApiError(status, "internal_error", "internal error")
                            : new ApiError(status, "invalid_request", "malformed request");
        };
    }

    static ApiError tooLarge() {
        return new ApiError(413, "too_large", "body: more than 1 MiB");
    }
}
