package dev.wrenn.host.guest;

import dev.wrenn.contracts.process.ProcessSelector;

/// Which process of a guest is meant.
public sealed interface ProcessId {
    /// By number.
    record Pid(int value) implements ProcessId {}

    /// By the name that its caller gave it.
    record Tag(String value) implements ProcessId {}

    /// In the words of the guest.
    default ProcessSelector wire() {
        return switch (this) {
            case Pid(var value) -> ProcessSelector.newBuilder().setPid(value).build();
            case Tag(var value) -> ProcessSelector.newBuilder().setTag(value).build();
        };
    }
}
