package dev.wrenn.cli.doctor;

/// One line of the doctor.
///
/// @param text what was found, or how to fix it
record Check(Verdict verdict, String name, String text) {
    enum Verdict {
        OK("ok"),
        NOT_OK("not ok"),
        /// Good to know; nothing depends on it.
        INFO("-");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }
    }

    static Check of(boolean ok, String name, String found, String fix) {
        return ok ? new Check(Verdict.OK, name, found) : new Check(Verdict.NOT_OK, name, fix);
    }

    static Check info(String name, String text) {
        return new Check(Verdict.INFO, name, text);
    }

    /// The same form as the launcher's own checks.
    String line() {
        return String.format("%-7s %-22s %s", verdict.word, name, text);
    }
}
