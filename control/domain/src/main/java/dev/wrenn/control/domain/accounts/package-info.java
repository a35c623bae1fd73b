/// Accounts of people: how they come to be, sign in and out, change and end.
///
/// Start with [dev.wrenn.control.domain.accounts.SignIn].
@NullMarked
package dev.wrenn.control.domain.accounts;

import org.jspecify.annotations.NullMarked;
