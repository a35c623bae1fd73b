package dev.wrenn.control.domain.reconcile;

import dev.wrenn.common.model.CapsuleEvent;

/// What to do about one capsule.
sealed interface Decision {
    /// Row and host agree, or the time will tell.
    record Keep() implements Decision {}

    /// Store this event, then decide again.
    record Apply(CapsuleEvent event) implements Decision {}

    /// The host seems to have lost it: ask about this one, then decide.
    record AskAgain() implements Decision {}

    /// The host has something nobody wants, or has to be told that its word was stored.
    record DestroyThere() implements Decision {}
}
