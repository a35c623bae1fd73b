/// PostgreSQL: the truth of the control plane. Flyway migrations in `db/migration`, one store per
/// aggregate, SQL in text blocks.
///
/// Implements the store ports of `control/domain`; the only room with SQL. A database that cannot
/// be reached is a [dev.wrenn.control.domain.StoreUnavailableException], everything else that goes
/// wrong a [dev.wrenn.control.store.StoreException]. Start with [dev.wrenn.control.store.Database].
@NullMarked
package dev.wrenn.control.store;

import org.jspecify.annotations.NullMarked;
