package dev.wrenn.control.domain.reconcile;

/// How much a host's word can prove against a row.
enum Evidence {
    /// It may be older than the row's last change.
    OLDER,
    /// The host was asked, or told by itself, after the row's last change as far as anybody knows;
    /// a change that was just stored can still overtake it on the way.
    LATER,
    /// The answer to a question about this capsule that was put after the row had been read.
    FRESH
}
