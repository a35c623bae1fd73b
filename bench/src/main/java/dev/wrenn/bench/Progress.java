package dev.wrenn.bench;

/// Tells a person on standard error how far a benchmark is.
@FunctionalInterface
interface Progress {
    void say(String line);
}
