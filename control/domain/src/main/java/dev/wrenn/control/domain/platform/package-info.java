/// What administrators of the platform see and decide about every team and account.
///
/// Start with [dev.wrenn.control.domain.platform.PlatformStore].
@NullMarked
package dev.wrenn.control.domain.platform;

import org.jspecify.annotations.NullMarked;
