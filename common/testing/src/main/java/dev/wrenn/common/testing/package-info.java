/// What tests of several modules need: a clock moved by hand, and real PostgreSQL and Redis servers
/// as JUnit extensions. Used in test scope only.
///
/// ```java
/// @RegisterExtension static final PostgresFixture PG = new PostgresFixture();
/// @RegisterExtension static final RedisFixture REDIS = new RedisFixture();
/// ```
///
/// One server of each kind per JVM, started when first used; one database, or one emptied Redis,
/// per test class.
@NullMarked
package dev.wrenn.common.testing;

import org.jspecify.annotations.NullMarked;
