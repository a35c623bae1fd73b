package dev.wrenn.control.api;

import java.util.Base64;

/// Turns the output of one program into text for JSON. For one thread.
sealed interface Encoder {
    String stdout(byte[] chunk);

    String stderr(byte[] chunk);

    /// What was held back until the end; may be empty.
    String stdoutEnd();

    /// What was held back until the end; may be empty.
    String stderrEnd();

    static Encoder text() {
        return new Text(new Utf8Stream(), new Utf8Stream());
    }

    static Encoder base64() {
        return new Base64Text();
    }

    /// UTF-8, never cut within a character.
    record Text(Utf8Stream out, Utf8Stream err) implements Encoder {
        @Override
        public String stdout(byte[] chunk) {
            return out.next(chunk);
        }

        @Override
        public String stderr(byte[] chunk) {
            return err.next(chunk);
        }

        @Override
        public String stdoutEnd() {
            return out.end();
        }

        @Override
        public String stderrEnd() {
            return err.end();
        }
    }

    /// Every chunk by itself, byte for byte.
    record Base64Text() implements Encoder {
        @Override
        public String stdout(byte[] chunk) {
            return Base64.getEncoder().encodeToString(chunk);
        }

        @Override
        public String stderr(byte[] chunk) {
            return stdout(chunk);
        }

        @Override
        public String stdoutEnd() {
            return "";
        }

        @Override
        public String stderrEnd() {
            return "";
        }
    }
}
