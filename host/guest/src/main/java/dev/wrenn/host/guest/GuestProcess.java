package dev.wrenn.host.guest;

import java.util.List;

/// A live process of a guest.
///
/// @param tag empty: it has none
public record GuestProcess(int pid, String tag, String program, List<String> args) {
    public GuestProcess {
        args = List.copyOf(args);
    }
}
