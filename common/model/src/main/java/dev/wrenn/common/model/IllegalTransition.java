package dev.wrenn.common.model;

/// An event that cannot happen in a state. The message names both.
public final class IllegalTransition extends RuntimeException {
    private static final long serialVersionUID = 1L;

    IllegalTransition(CapsuleState now, CapsuleEvent event) {
        super(
                event.getClass().getSimpleName()
                        + " in state "
                        + now.word()
                        + " (not in the status table)");
    }
}
