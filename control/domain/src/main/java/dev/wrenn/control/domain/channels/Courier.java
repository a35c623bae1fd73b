package dev.wrenn.control.domain.channels;

/// Takes requests to the outside, safely: only to addresses that anybody can reach or that the
/// operator allows, within bounds of time and size. Blocks. Thread-safe.
public interface Courier {
    Delivered deliver(Provider.Request request);
}
