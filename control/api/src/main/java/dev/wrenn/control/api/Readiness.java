package dev.wrenn.control.api;

import java.util.List;

/// Says whether requests can be served now.
public interface Readiness {
    /// What is missing, in words; empty when ready. Answers within a few seconds.
    List<String> problems();
}
