package dev.wrenn.control.domain.builds;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// The steps of a build, in order. Grammar: `docs/templates.md`.
///
/// @param steps without blank lines and comments
public record Recipe(List<Instruction> steps) {
    /// How long a `RUN` may take that says nothing else.
    static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

    private static final Duration LONGEST = Duration.ofHours(24);
    private static final int MOST_LINES = 1000;
    private static final int LONGEST_LINE = 64 << 10;
    private static final String TIMEOUT = "--timeout=";
    private static final Pattern KEY = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");

    public Recipe {
        steps = List.copyOf(steps);
    }

    /// Reads one instruction per line; a line may itself hold line breaks, which belong to its
    /// command.
    ///
    /// @throws BadRecipe naming the first line that is wrong
    public static Recipe parse(List<String> lines) throws BadRecipe {
        if (lines.size() > MOST_LINES)
            throw new BadRecipe(
                    MOST_LINES + 1, lines.size() + " lines (expected: at most " + MOST_LINES + ")");
        var steps = new ArrayList<Instruction>();
        for (int i = 0; i < lines.size(); i++) {
            var line = lines.get(i).strip();
            if (line.isEmpty() || line.startsWith("#")) continue;
            steps.add(new Line(i + 1, line).instruction());
        }
        if (steps.isEmpty()) throw new BadRecipe(1, "no instruction (expected: at least one)");
        return new Recipe(steps);
    }

    /// Whether files of the archive are wanted.
    public boolean copies() {
        return steps.stream().anyMatch(step -> step instanceof Instruction.Copy);
    }

    /// One line on its way to an instruction.
    private record Line(int number, String text) {
        Instruction instruction() throws BadRecipe {
            if (text.length() > LONGEST_LINE)
                throw bad(text.length() + " characters (expected: at most " + LONGEST_LINE + ")");
            if (text.indexOf('\0') >= 0) throw bad("a NUL character");
            int end = 0;
            while (end < text.length() && !Character.isWhitespace(text.charAt(end))) end++;
            var rest = text.substring(end).strip();
            var word = text.substring(0, end).toUpperCase(Locale.ROOT);
            return switch (word) {
                case "RUN" -> run(rest);
                case "START" -> new Instruction.Start(something(rest, "a command"), text);
                case "ENV" -> env(rest);
                case "WORKDIR" -> new Instruction.Workdir(something(rest, "a path"), text);
                case "USER" -> user(rest);
                case "COPY" -> copy(rest);
                default ->
                        throw bad(
                                "unknown instruction "
                                        + abbreviated(word)
                                        + " (expected: RUN, START, ENV, WORKDIR, USER or COPY)");
            };
        }

        private Instruction run(String rest) throws BadRecipe {
            var limit = DEFAULT_LIMIT;
            var command = rest;
            if (rest.startsWith("--")) {
                if (!rest.startsWith(TIMEOUT)) throw bad("RUN: unknown option before the command");
                int end = TIMEOUT.length();
                while (end < rest.length() && !Character.isWhitespace(rest.charAt(end))) end++;
                var said = Spans.parse(rest.substring(TIMEOUT.length(), end));
                if (said.isEmpty() || said.get().isZero() || said.get().compareTo(LONGEST) > 0)
                    throw bad("RUN: --timeout: expected a duration such as 90s, 5m or 1h");
                limit = said.get();
                command = rest.substring(end).strip();
            }
            return new Instruction.Run(something(command, "a command"), limit, text);
        }

        private Instruction env(String rest) throws BadRecipe {
            int equals = rest.indexOf('=');
            if (equals < 0 || !KEY.matcher(rest.substring(0, equals)).matches())
                throw bad("ENV: expected KEY=value, the key of letters, digits and _");
            return new Instruction.Env(rest.substring(0, equals), rest.substring(equals + 1), text);
        }

        private Instruction user(String rest) throws BadRecipe {
            if (!USER.matcher(rest).matches())
                throw bad("USER: expected a name of lower-case letters, digits, _ and -");
            return new Instruction.User(rest, text);
        }

        private Instruction copy(String rest) throws BadRecipe {
            var words = Words.split(rest);
            if (words.isEmpty()) throw bad("COPY: a quote is not closed");
            if (words.get().size() < 2)
                throw bad("COPY: expected at least one source and a destination");
            var sources = words.get().subList(0, words.get().size() - 1);
            for (var source : sources) {
                boolean up = List.of(source.split("/")).contains("..");
                if (source.isEmpty() || source.startsWith("/") || up)
                    throw bad("COPY: a source must be relative to the archive and stay in it");
            }
            return new Instruction.Copy(
                    sources, something(words.get().getLast(), "a destination"), text);
        }

        private String something(String rest, String what) throws BadRecipe {
            if (rest.isEmpty()) throw bad("expected " + what);
            return rest;
        }

        private static String abbreviated(String word) {
            return word.length() > 20 ? word.substring(0, 20) + "…" : word;
        }

        private BadRecipe bad(String message) {
            return new BadRecipe(number, message);
        }
    }
}
