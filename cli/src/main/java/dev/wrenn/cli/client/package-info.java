/// Commands that need nothing but an API address and a key. They use the JDK's own HTTP client: it
/// is part of the JDK's class data archive, so a command starts in a fraction of a second.
@NullMarked
package dev.wrenn.cli.client;

import org.jspecify.annotations.NullMarked;
