package dev.wrenn.control.store;

import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.accounts.Account;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;

/// Rows of `users`.
final class AccountRows {
    private AccountRows() {}

    /// Of the columns [AccountStatements#COLUMNS].
    static Account account(ResultSet rs) throws SQLException {
        return new Account(
                new UserId(rs.getObject("id", UUID.class)),
                rs.getString("email"),
                rs.getString("name"),
                Optional.ofNullable(rs.getString("password_hash")),
                Account.Status.ofWire(rs.getString("status")),
                rs.getBoolean("is_admin"),
                rs.getObject("created_at", OffsetDateTime.class).toInstant());
    }
}
