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

    /// Still running; the host is asked to save it.
    record Pausing() implements CapsuleState {}

    /// Saved on its host; holds no VM.
    record Paused() implements CapsuleState {}

    /// Saved; the host is asked to let it go on, as a new incarnation.
    record Starting() implements CapsuleState {}

    /// Its host has been silent for too long; what it does is not known.
    record Missing() implements CapsuleState {}

    /// Ended for its users; its host still keeps the files of a damaged image, in case somebody can
    /// make use of them, until it is destroyed.
    ///
    /// @param cause why, in words
    record Damaged(String cause) implements CapsuleState {}

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
            case Running _, Pausing _ -> CapsuleStatus.RUNNING;
            case Paused _ -> CapsuleStatus.PAUSED;
            case Starting _ -> CapsuleStatus.STARTING;
            case Missing _ -> CapsuleStatus.MISSING;
            case Stopped _ -> CapsuleStatus.STOPPED;
            case Damaged _, Failed _ -> CapsuleStatus.ERROR;
        };
    }

    /// Nothing leads out of it, and a host has nothing to keep for it.
    default boolean isFinal() {
        return this instanceof Stopped || this instanceof Failed;
    }

    /// The state in one word, for messages: the status, or what it does not tell.
    default String word() {
        return this instanceof Pausing ? "pausing" : status().wire();
    }

    /// Why it ended; empty while it lives.
    default Optional<String> endCause() {
        return switch (this) {
            case Stopped(var cause) -> Optional.of(cause);
            case Failed(var cause) -> Optional.of(cause);
            case Damaged(var cause) -> Optional.of(cause);
            case Pending _, Running _, Pausing _, Paused _, Starting _, Missing _ ->
                    Optional.empty();
        };
    }

    /// @throws IllegalTransition when the event cannot happen in this state; both are named
    static CapsuleState next(CapsuleState now, CapsuleEvent event) {
        return switch (now) {
            case Pending _ -> pending(now, event);
            case Running _ -> running(now, event);
            case Pausing _ -> pausing(now, event);
            case Paused _ -> paused(now, event);
            case Starting _ -> starting(now, event);
            case Missing _ -> missing(now, event);
            case Damaged _ ->
                    switch (event) {
                        case CapsuleEvent.Destroyed(var cause) -> new Stopped(cause);
                        case CapsuleEvent _ -> throw new IllegalTransition(now, event);
                    };
            case Stopped _, Failed _ -> throw new IllegalTransition(now, event);
        };
    }

    private static CapsuleState pending(CapsuleState now, CapsuleEvent event) {
        return switch (event) {
            case CapsuleEvent.Booted _ -> new Running();
            case CapsuleEvent.BootFailed(var cause) -> new Failed(cause);
            case CapsuleEvent.Died(var cause) -> new Failed(cause);
            // It ran, was idle for too long, and nobody was there to hear of either.
            case CapsuleEvent.Paused _ -> new Paused();
            case CapsuleEvent.HostLost _ -> new Missing();
            case CapsuleEvent.Vanished _ -> new Failed("the host does not know the capsule");
            case CapsuleEvent.Destroyed(var cause) -> new Stopped(cause);
            case CapsuleEvent _ -> throw new IllegalTransition(now, event);
        };
    }

    private static CapsuleState running(CapsuleState now, CapsuleEvent event) {
        return switch (event) {
            case CapsuleEvent.Booted _ -> now;
            case CapsuleEvent.PauseAsked _ -> new Pausing();
            case CapsuleEvent.Paused _ -> new Paused();
            case CapsuleEvent.Died(var cause) -> new Stopped(cause);
            case CapsuleEvent.HostLost _ -> new Missing();
            case CapsuleEvent.Vanished _ -> new Stopped("the host no longer has the capsule");
            case CapsuleEvent.Destroyed(var cause) -> new Stopped(cause);
            case CapsuleEvent _ -> throw new IllegalTransition(now, event);
        };
    }

    private static CapsuleState pausing(CapsuleState now, CapsuleEvent event) {
        return switch (event) {
            case CapsuleEvent.Booted _ -> now; // no news: it runs until it is saved
            case CapsuleEvent.Paused _ -> new Paused();
            case CapsuleEvent.PauseFailed _ -> new Running();
            case CapsuleEvent.Died(var cause) -> new Stopped(cause);
            case CapsuleEvent.HostLost _ -> new Missing();
            case CapsuleEvent.Vanished _ -> new Stopped("the host no longer has the capsule");
            case CapsuleEvent.Destroyed(var cause) -> new Stopped(cause);
            case CapsuleEvent _ -> throw new IllegalTransition(now, event);
        };
    }

    private static CapsuleState paused(CapsuleState now, CapsuleEvent event) {
        return switch (event) {
            case CapsuleEvent.Paused _ -> now;
            case CapsuleEvent.ResumeAsked _ -> new Starting();
            case CapsuleEvent.Booted _ -> new Running();
            case CapsuleEvent.ImageLost(var cause) -> new Damaged(cause);
            case CapsuleEvent.HostLost _ -> now; // a silent host keeps its files
            case CapsuleEvent.Vanished _ -> new Stopped("the host no longer has the capsule");
            case CapsuleEvent.Destroyed(var cause) -> new Stopped(cause);
            case CapsuleEvent _ -> throw new IllegalTransition(now, event);
        };
    }

    private static CapsuleState starting(CapsuleState now, CapsuleEvent event) {
        return switch (event) {
            case CapsuleEvent.Booted _ -> new Running();
            case CapsuleEvent.Paused _, CapsuleEvent.ResumeFailed _ -> new Paused();
            case CapsuleEvent.ImageLost(var cause) -> new Damaged(cause);
            case CapsuleEvent.Died(var cause) -> new Stopped(cause);
            case CapsuleEvent.HostLost _ -> new Missing();
            case CapsuleEvent.Vanished _ -> new Stopped("the host no longer has the capsule");
            case CapsuleEvent.Destroyed(var cause) -> new Stopped(cause);
            case CapsuleEvent _ -> throw new IllegalTransition(now, event);
        };
    }

    private static CapsuleState missing(CapsuleState now, CapsuleEvent event) {
        return switch (event) {
            case CapsuleEvent.HostLost _ -> now;
            case CapsuleEvent.Booted _ -> new Running();
            case CapsuleEvent.Paused _ -> new Paused();
            case CapsuleEvent.Died(var cause) -> new Stopped(cause);
            case CapsuleEvent.BootFailed(var cause) -> new Failed(cause);
            case CapsuleEvent.Vanished _ -> new Stopped("the host came back without the capsule");
            case CapsuleEvent.Destroyed(var cause) -> new Stopped(cause);
            case CapsuleEvent _ -> throw new IllegalTransition(now, event);
        };
    }
}
