package dev.wrenn.host.agent;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.host.capsule.CreateOutcome;
import dev.wrenn.host.capsule.Phase;
import dev.wrenn.host.guest.ProcessOutcome;
import java.time.Duration;
import java.util.Locale;

/// The one table from outcomes to codes of the contract.
final class Faults {
    private Faults() {}

    static ConnectException invalid(String message) {
        return new ConnectException(Code.INVALID_ARGUMENT, Words.clean(message));
    }

    static ConnectException unknown() {
        return new ConnectException(Code.NOT_FOUND, "no such sandbox");
    }

    static ConnectException notRunning(Phase phase) {
        return new ConnectException(
                Code.FAILED_PRECONDITION,
                "sandbox is not running (status: " + phase.name().toLowerCase(Locale.ROOT) + ")");
    }

    static ConnectException timedOut(Duration limit) {
        return new ConnectException(
                Code.DEADLINE_EXCEEDED, "command timeout after " + limit.toMillis() + " ms");
    }

    static ConnectException notAnswering(String reason) {
        return new ConnectException(
                Code.UNAVAILABLE, "guest not answering: " + Words.clean(reason));
    }

    static ConnectException internal(String cause) {
        return new ConnectException(Code.INTERNAL, Words.clean(cause));
    }

    /// @param outcome anything but [CreateOutcome.Created]
    static ConnectException create(CreateOutcome outcome) {
        return switch (outcome) {
            case CreateOutcome.NoRoom(var reason) ->
                    new ConnectException(Code.UNAVAILABLE, Words.clean(reason));
            case CreateOutcome.DiskFull(var reason) ->
                    new ConnectException(Code.RESOURCE_EXHAUSTED, Words.clean(reason));
            case CreateOutcome.UnknownTemplate _ ->
                    new ConnectException(Code.NOT_FOUND, "no such template on this host");
            case CreateOutcome.OtherIncarnation(var incarnation) ->
                    new ConnectException(
                            Code.ALREADY_EXISTS,
                            "another life of the sandbox exists: "
                                    + Long.toUnsignedString(incarnation));
            case CreateOutcome.Failed(var cause) -> internal(cause);
            case CreateOutcome.Created _ -> throw new IllegalArgumentException("not a failure");
        };
    }

    /// @throws ConnectException unless it is done
    static void check(ProcessOutcome outcome) {
        switch (outcome) {
            case ProcessOutcome.Done _ -> {}
            case ProcessOutcome.NoProcess _ ->
                    throw new ConnectException(Code.NOT_FOUND, "no such process");
            case ProcessOutcome.Rejected(var reason) ->
                    throw new ConnectException(Code.FAILED_PRECONDITION, Words.clean(reason));
            case ProcessOutcome.Unreachable(var reason) -> throw notAnswering(reason);
        }
    }
}
