package dev.wrenn.control.api;

/// Who may call a route. Every route says it; there is no default.
sealed interface Access {
    /// Anybody.
    record Public() implements Access {}

    /// Who shows a valid `X-API-Key`; the call carries the principal.
    record ApiKey() implements Access {}

    /// The route checks by itself, after a WebSocket upgrade.
    record AfterUpgrade() implements Access {}
}
