package dev.wrenn.control.domain.hosts;

/// The sum of a host's list, as the host made it: equal sums are equal lists.
///
/// @param hex empty: of none, or the host makes none
public record ListSum(String hex) {
    /// Of no list.
    public static final ListSum NONE = new ListSum("");
}
