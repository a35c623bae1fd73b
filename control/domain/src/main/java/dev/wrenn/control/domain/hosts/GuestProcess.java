package dev.wrenn.control.domain.hosts;

import java.util.List;

/// A live process of a capsule.
///
/// @param tag empty: it has none
public record GuestProcess(int pid, String tag, String program, List<String> args) {
    public GuestProcess {
        args = List.copyOf(args);
    }

    /// Arguments often carry credentials and stay out of logs.
    @Override
    public String toString() {
        return "GuestProcess[" + pid + ", " + tag + ", " + program + "]";
    }
}
