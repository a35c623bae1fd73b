package dev.wrenn.control.domain.snapshots;

/// Where else than on the host that made it a template may be.
public interface Copies {
    /// Nowhere.
    Copies NONE = _ -> true;

    /// Removes the copies of a doomed template.
    ///
    /// @return false when some are left: to be asked again
    boolean remove(Draft template);
}
