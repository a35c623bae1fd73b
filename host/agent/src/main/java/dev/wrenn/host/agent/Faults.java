package dev.wrenn.host.agent;

import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.host.capsule.CreateOutcome;
import dev.wrenn.host.capsule.Phase;
import dev.wrenn.host.capsule.ResumeOutcome;
import dev.wrenn.host.capsule.SaveOutcome;
import dev.wrenn.host.guest.AttachEvent;
import dev.wrenn.host.guest.FileException;
import dev.wrenn.host.guest.ProcessOutcome;
import java.time.Duration;

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
                Code.FAILED_PRECONDITION, "sandbox is not running (status: " + phase.word() + ")");
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

    /// @param outcome anything but [SaveOutcome.Done]
    static ConnectException save(SaveOutcome<?> outcome) {
        return switch (outcome) {
            case SaveOutcome.Unknown<?> _ -> unknown();
            case SaveOutcome.NotRunning<?>(var phase) -> notRunning(phase);
            case SaveOutcome.OtherIncarnation<?>(var incarnation) ->
                    new ConnectException(Code.FAILED_PRECONDITION, otherLife(incarnation));
            case SaveOutcome.DiskFull<?>(var reason) ->
                    new ConnectException(Code.RESOURCE_EXHAUSTED, Words.clean(reason));
            case SaveOutcome.Failed<?>(var cause) -> internal(cause);
            case SaveOutcome.Done<?> _ -> throw new IllegalArgumentException("not a failure");
        };
    }

    /// @param outcome anything but [ResumeOutcome.Running]
    static ConnectException resume(ResumeOutcome outcome) {
        return switch (outcome) {
            case ResumeOutcome.Unknown _ -> unknown();
            case ResumeOutcome.NotPaused(var phase) ->
                    new ConnectException(
                            Code.FAILED_PRECONDITION,
                            "sandbox is not paused (status: " + phase.word() + ")");
            case ResumeOutcome.OtherIncarnation(var incarnation) ->
                    new ConnectException(Code.ALREADY_EXISTS, otherLife(incarnation));
            case ResumeOutcome.NoRoom(var reason) ->
                    new ConnectException(Code.UNAVAILABLE, Words.clean(reason));
            case ResumeOutcome.DiskFull(var reason) ->
                    new ConnectException(Code.RESOURCE_EXHAUSTED, Words.clean(reason));
            case ResumeOutcome.Damaged(var cause) ->
                    new ConnectException(Code.DATA_LOSS, Words.clean(cause));
            case ResumeOutcome.Failed(var cause) -> internal(cause);
            case ResumeOutcome.Running _ -> throw new IllegalArgumentException("not a failure");
        };
    }

    private static String otherLife(long incarnation) {
        return "another life of the sandbox exists: " + Long.toUnsignedString(incarnation);
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
                    new ConnectException(Code.ALREADY_EXISTS, otherLife(incarnation));
            case CreateOutcome.Failed(var cause) -> internal(cause);
            case CreateOutcome.Created _ -> throw new IllegalArgumentException("not a failure");
        };
    }

    /// @param last anything but [AttachEvent.Exited]
    static ConnectException attach(AttachEvent.Last last) {
        return switch (last) {
            case AttachEvent.NotFound(var reason) ->
                    new ConnectException(Code.NOT_FOUND, Words.clean(reason));
            case AttachEvent.TagTaken(var reason) ->
                    new ConnectException(Code.ALREADY_EXISTS, Words.clean(reason));
            case AttachEvent.Rejected(var reason) -> invalid(reason);
            case AttachEvent.Unreachable(var reason) -> notAnswering(reason);
            case AttachEvent.Exited _ -> throw new IllegalArgumentException("not a failure");
        };
    }

    /// The guest's words name paths of the guest, which the caller has named itself.
    static ConnectException file(FileException e) {
        var words = Words.line(String.valueOf(e.getMessage()));
        return switch (e.fault()) {
            case NOT_FOUND -> new ConnectException(Code.NOT_FOUND, words);
            case EXISTS -> new ConnectException(Code.ALREADY_EXISTS, words);
            case INVALID -> new ConnectException(Code.INVALID_ARGUMENT, words);
            case DENIED -> new ConnectException(Code.PERMISSION_DENIED, words);
            case FULL -> new ConnectException(Code.RESOURCE_EXHAUSTED, words);
            case UNREACHABLE -> notAnswering(words);
            case FAILED -> new ConnectException(Code.INTERNAL, words);
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
