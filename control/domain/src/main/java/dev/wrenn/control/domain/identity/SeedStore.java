package dev.wrenn.control.domain.identity;

/// Writes a [Seed].
public interface SeedStore {
    /// Adds what is missing, moves the host to its address; an existing password is kept. One
    /// transaction; repeating it changes nothing.
    void seed(Seed seed);
}
