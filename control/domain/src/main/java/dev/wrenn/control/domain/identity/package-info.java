/// Who calls: API keys and the teams and users they stand for, and how passwords are kept.
@NullMarked
package dev.wrenn.control.domain.identity;

import org.jspecify.annotations.NullMarked;
