package dev.wrenn.control.domain.builds;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// Words for and of a shell.
final class Words {
    private Words() {}

    /// One word of the shell that stands for exactly this text, whatever is in it but NUL (POSIX
    /// shell, 2.2.2).
    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    /// Splits at blanks; quotes of both kinds and backslashes keep blanks in a word.
    ///
    /// @return empty when a quote is not closed
    static Optional<List<String>> split(String text) {
        var words = new ArrayList<String>();
        var word = new StringBuilder();
        boolean inWord = false;
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote != 0) {
                boolean escape = quote == '"' && c == '\\' && i + 1 < text.length();
                if (c == quote) quote = 0;
                else word.append(escape ? text.charAt(++i) : c);
            } else if (c == '\'' || c == '"') {
                quote = c;
                inWord = true;
            } else if (c == '\\' && i + 1 < text.length()) {
                word.append(text.charAt(++i));
                inWord = true;
            } else if (Character.isWhitespace(c)) {
                if (inWord) words.add(word.toString());
                word.setLength(0);
                inWord = false;
            } else {
                word.append(c);
                inWord = true;
            }
        }
        if (quote != 0) return Optional.empty();
        if (inWord) words.add(word.toString());
        return Optional.of(words);
    }

    /// Puts the values of variables in the place of `$NAME` and `${NAME}`, nothing for one that is
    /// not set, and one `$` for `$$`. Any other `$` stays.
    static String expanded(String text, Map<String, String> values) {
        var out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            char next = i + 1 < text.length() ? text.charAt(i + 1) : 0;
            if (c != '$') {
                out.append(c);
            } else if (next == '$') {
                out.append('$');
                i++;
            } else if (next == '{' && braced(text, i + 2) > 0) {
                int end = braced(text, i + 2);
                out.append(values.getOrDefault(text.substring(i + 2, end), ""));
                i = end;
            } else if (begins(next)) {
                int end = name(text, i + 1);
                out.append(values.getOrDefault(text.substring(i + 1, end), ""));
                i = end - 1;
            } else {
                out.append(c);
            }
        }
        return out.toString();
    }

    /// @return where the brace of a name from there is closed; 0 when it is none
    private static int braced(String text, int from) {
        int end = from < text.length() && begins(text.charAt(from)) ? name(text, from) : from;
        return end > from && end < text.length() && text.charAt(end) == '}' ? end : 0;
    }

    private static int name(String text, int from) {
        int end = from;
        while (end < text.length()
                && (begins(text.charAt(end)) || text.charAt(end) >= '0' && text.charAt(end) <= '9'))
            end++;
        return end;
    }

    private static boolean begins(char c) {
        return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
    }
}
