package dev.wrenn.host.network;

/// Every slot of this machine is taken.
public final class SlotsExhausted extends NetworkException {
    private static final long serialVersionUID = 1L;

    SlotsExhausted() {
        super("all " + Slot.LAST + " network slots of this machine are in use");
    }
}
