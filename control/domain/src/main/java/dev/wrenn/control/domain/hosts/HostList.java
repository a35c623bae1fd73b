package dev.wrenn.control.domain.hosts;

import java.util.List;

/// What a host has, when it is asked for everything.
public sealed interface HostList {
    /// @param sum by which the host knows this list again
    record All(List<HostCapsule> capsules, ListSum sum) implements HostList {}

    /// The list whose sum it was asked with.
    record Unchanged() implements HostList {}
}
