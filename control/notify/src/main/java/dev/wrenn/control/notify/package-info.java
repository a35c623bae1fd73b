/// Tells people what concerns them: mails by SMTP or, where no server is named, as files for the
/// operator. Best effort; nobody waits for it.
///
/// Start with [dev.wrenn.control.notify.MailQueue].
@NullMarked
package dev.wrenn.control.notify;

import org.jspecify.annotations.NullMarked;
