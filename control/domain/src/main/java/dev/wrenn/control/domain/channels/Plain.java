package dev.wrenn.control.domain.channels;

/// Takes the power out of texts that somebody chose: no mention, link or markup of any chat comes
/// of them. People still read the same.
final class Plain {
    private static final int LONGEST = 200;
    private static final String ACTIVE = "@<>`*_~|[]#&/\\";
    private static final String READS_ALIKE = "＠‹›'∗＿∼¦()＃＆∕＼";

    private Plain() {}

    static String of(String text) {
        var plain = new StringBuilder();
        text.codePoints().limit(LONGEST).forEach(c -> plain.appendCodePoint(harmless(c)));
        return plain.toString();
    }

    private static int harmless(int c) {
        int at = ACTIVE.indexOf(c);
        if (at >= 0) return READS_ALIKE.charAt(at);
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT, // also what turns the direction of writing
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR ->
                    ' ';
            default -> c;
        };
    }
}
