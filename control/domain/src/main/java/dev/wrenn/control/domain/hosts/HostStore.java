package dev.wrenn.control.domain.hosts;

import java.util.List;

/// Registered hosts. Thread-safe.
public interface HostStore {
    /// Every host that has registered, oldest first.
    List<Host> all();
}
