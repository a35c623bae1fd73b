package dev.wrenn.common.model;

import java.util.Optional;

/// The status table of a capsule. Stopped and Failed are final.
///
/// Each state carries its own data only; [#next(CapsuleState, CapsuleEvent)] is the only way from
/// one to another.
public sealed interface CapsuleState {
    /// Accepted; the host is asked to boot it.
    record Pending() implements CapsuleState {}

    /// The guest agent answers.
    record Running() implements CapsuleState {}

    /// Its host has been silent for too long; what it does is not known.
    record Missing() implements CapsuleState {}

    /// Ended.
    ///
    /// @param cause why, in words
    record Stopped(String cause) implements CapsuleState {}

    /// Could not be brought up.
    ///
    /// @param cause why, in words
    record Failed(String cause) implements CapsuleState {}

    /// What a client sees.
    default CapsuleStatus status() {
        return switch (this) {
            case Pending _ -> CapsuleStatus.PENDING;
            case Running _ -> CapsuleStatus.RUNNING;
            case Missing _ -> CapsuleStatus.MISSING;
            case Stopped _ -> CapsuleStatus.STOPPED;
            case Failed _ -> CapsuleStatus.ERROR;
        };
    }

    /// Why it ended; empty while it lives.
    default Optional<String> endCause() {
        return switch (this) {
            case Stopped(var cause) -> Optional.of(cause);
            case Failed(var cause) -> Optional.of(cause);
            case Pending _, Running _, Missing _ -> Optional.empty();
        };
    }

    /// @throws IllegalTransition when the event cannot happen in this state; both are named
    static CapsuleState next(CapsuleState now, CapsuleEvent event) {
        record Step(CapsuleState now, CapsuleEvent event) {}
        return switch (new Step(now, event)) {
            case Step(Pending _, CapsuleEvent.Booted _) -> new Running();
            case Step(Pending _, CapsuleEvent.BootFailed(var cause)) -> new Failed(cause);
            case Step(Pending _, CapsuleEvent.Died(var cause)) -> new Failed(cause);
            case Step(Pending _, CapsuleEvent.Vanished _) ->
                    new Failed("the host does not know the capsule");
            case Step(Running _, CapsuleEvent.Booted _) -> now;
            case Step(Running _, CapsuleEvent.Died(var cause)) -> new Stopped(cause);
            case Step(Running _, CapsuleEvent.Vanished _) ->
                    new Stopped("the host no longer has the capsule");
            case Step(Pending _, CapsuleEvent.HostLost _),
                    Step(Running _, CapsuleEvent.HostLost _) ->
                    new Missing();
            case Step(Missing _, CapsuleEvent.HostLost _) -> now;
            case Step(Missing _, CapsuleEvent.Booted _) -> new Running();
            case Step(Missing _, CapsuleEvent.Died(var cause)) -> new Stopped(cause);
            case Step(Missing _, CapsuleEvent.BootFailed(var cause)) -> new Failed(cause);
            case Step(Missing _, CapsuleEvent.Vanished _) ->
                    new Stopped("the host came back without the capsule");
            case Step(Pending _, CapsuleEvent.Destroyed(var cause)) -> new Stopped(cause);
            case Step(Running _, CapsuleEvent.Destroyed(var cause)) -> new Stopped(cause);
            case Step(Missing _, CapsuleEvent.Destroyed(var cause)) -> new Stopped(cause);
            case Step(_, _) -> throw new IllegalTransition(now, event);
        };
    }
}
