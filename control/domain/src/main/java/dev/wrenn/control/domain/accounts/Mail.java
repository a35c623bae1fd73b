package dev.wrenn.control.domain.accounts;

/// A mail to one person.
///
/// @param subject one line
/// @param text plain
public record Mail(String to, String subject, String text) {
    @Override
    public String toString() {
        return "Mail[to " + to + ", " + subject + "]"; // the text may hold a token
    }
}
