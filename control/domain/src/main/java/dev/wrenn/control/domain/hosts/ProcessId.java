package dev.wrenn.control.domain.hosts;

/// Which process of a capsule is meant.
public sealed interface ProcessId {
    /// By number, as the guest counts.
    record Pid(int value) implements ProcessId {}

    /// By the name it was started with.
    record Tag(String value) implements ProcessId {}

    /// Digits only are a number, anything else is a name. A number that no process can have is
    /// known as zero, which none has.
    static ProcessId parse(String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9'))
            return new Tag(text);
        try {
            return new Pid(Integer.parseInt(text));
        } catch (NumberFormatException e) {
            return new Pid(0);
        }
    }
}
