package dev.wrenn.control.domain.accounts;

import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// E-mail addresses as they are stored and compared: trimmed, in lower case.
public final class Email {
    /// Deliberately plain: whether it is somebody's address is found out by writing to it. No
    /// blank, no control character, nothing that means something in a mail's head.
    private static final Pattern FORM =
            Pattern.compile("[^\\s\\p{Cntrl}@<>()\\[\\],;:\\\\\"]{1,64}@[\\p{L}\\p{N}.-]{1,189}");

    private Email() {}

    /// Trimmed, in lower case; not checked.
    public static String normal(String text) {
        return text.strip().toLowerCase(Locale.ROOT);
    }

    /// @return empty for what cannot be an address
    public static Optional<String> parse(String text) {
        var email = normal(text);
        if (!FORM.matcher(email).matches()) return Optional.empty();
        var domain = email.substring(email.indexOf('@') + 1);
        boolean odd = domain.startsWith(".") || domain.endsWith(".") || domain.contains("..");
        return odd ? Optional.empty() : Optional.of(email);
    }
}
