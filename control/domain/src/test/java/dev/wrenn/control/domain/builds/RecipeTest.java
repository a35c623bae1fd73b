package dev.wrenn.control.domain.builds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RecipeTest {
    private static Instruction one(String line) throws BadRecipe {
        return Recipe.parse(List.of(line)).steps().getFirst();
    }

    private static void bad(String line, String words) {
        assertThatThrownBy(() -> Recipe.parse(List.of("RUN true", line)))
                .as(line)
                .isInstanceOfSatisfying(BadRecipe.class, e -> assertThat(e.line()).isEqualTo(2))
                .hasMessageContaining(words);
    }

    @Test
    void everyInstructionIsRead() throws BadRecipe {
        assertThat(one("run echo 'a  b' && true"))
                .isEqualTo(
                        new Instruction.Run(
                                "echo 'a  b' && true",
                                Duration.ofSeconds(30),
                                "run echo 'a  b' && true"));
        assertThat(one("RUN --timeout=1h30m apt update"))
                .isInstanceOfSatisfying(
                        Instruction.Run.class,
                        run -> {
                            assertThat(run.limit()).isEqualTo(Duration.ofMinutes(90));
                            assertThat(run.command()).isEqualTo("apt update");
                        });
        assertThat(one("ENV A=b=c d")).isEqualTo(new Instruction.Env("A", "b=c d", "ENV A=b=c d"));
        assertThat(one("WORKDIR /a b")).isEqualTo(new Instruction.Workdir("/a b", "WORKDIR /a b"));
        assertThat(one("USER dev_1")).isEqualTo(new Instruction.User("dev_1", "USER dev_1"));
        assertThat(one("START sleep 1"))
                .isEqualTo(new Instruction.Start("sleep 1", "START sleep 1"));
        assertThat(one("COPY a 'b c' d\\ e /srv/"))
                .isEqualTo(
                        new Instruction.Copy(
                                List.of("a", "b c", "d e"), "/srv/", "COPY a 'b c' d\\ e /srv/"));
    }

    @Test
    void blankLinesAndCommentsAreNoSteps() throws BadRecipe {
        assertThat(Recipe.parse(List.of("", "# RUN no", "  ", "RUN yes")).steps()).hasSize(1);
        assertThatThrownBy(() -> Recipe.parse(List.of("# only this")))
                .isInstanceOf(BadRecipe.class);
    }

    @Test
    void mistakesAreNamedWithTheirLine() {
        bad("FROM x", "unknown instruction FROM");
        bad("RUN", "a command");
        bad("RUN --timeout=5 true", "duration");
        bad("RUN --timeout=0s true", "duration");
        bad("RUN --timeout=25h true", "duration");
        bad("RUN --user=x true", "option");
        bad("RUN --timeout=5s", "a command");
        bad("ENV 1A=b", "KEY=value");
        bad("ENV A", "KEY=value");
        bad("USER Root", "USER");
        bad("USER a;b", "USER");
        bad("COPY a", "COPY");
        bad("COPY ../a b", "stay in it");
        bad("COPY a/../../b c", "stay in it");
        bad("COPY /etc/passwd b", "stay in it");
        bad("COPY 'a b", "quote");
        bad("RUN a\0b", "NUL");
    }

    /// Whatever is submitted is read or refused, never anything else.
    @Test
    void anyTextIsReadOrRefused() {
        var random = new SplittableRandom(4711);
        var pieces =
                List.of(
                        "RUN",
                        "ENV",
                        "COPY",
                        "USER",
                        "WORKDIR",
                        "START",
                        " ",
                        "--timeout=",
                        "9s",
                        "'",
                        "\"",
                        "\\",
                        "=",
                        "$",
                        "{",
                        "}",
                        "..",
                        "/",
                        "a",
                        "\n",
                        "\0",
                        "é",
                        "😀");
        for (int i = 0; i < 50_000; i++) {
            var line = new StringBuilder();
            for (int n = random.nextInt(12); n > 0; n--)
                line.append(pieces.get(random.nextInt(pieces.size())));
            var lines = new ArrayList<>(List.of(line.toString()));
            try {
                assertThat(Recipe.parse(lines).steps()).hasSize(1);
            } catch (BadRecipe e) {
                assertThat(e.getMessage()).isNotBlank();
            }
            try {
                assertThat(HealthCheck.parse(line.toString()).command()).isNotBlank();
            } catch (BadRecipe e) {
                assertThat(e.line()).isZero();
            }
            assertThat(Words.expanded(line.toString(), java.util.Map.of())).isNotNull();
        }
    }

    @Test
    void healthChecksAreRead() throws BadRecipe {
        assertThat(HealthCheck.parse("curl -f http://localhost"))
                .isEqualTo(
                        new HealthCheck(
                                Duration.ofSeconds(3),
                                Duration.ofSeconds(10),
                                Duration.ZERO,
                                0,
                                "curl -f http://localhost"));
        var check = HealthCheck.parse("--retries=12 --interval=5s --start-period=1m true");
        assertThat(check.retries()).isEqualTo(12);
        assertThat(check.deadline()).isEqualTo(Duration.ofSeconds(60 + 13 * 5 + 10));
        for (var wrong :
                List.of(
                        "",
                        "--interval=5s",
                        "--interval=x true",
                        "--nope true",
                        "--retries=-1 true"))
            assertThatThrownBy(() -> HealthCheck.parse(wrong))
                    .as(wrong)
                    .isInstanceOf(BadRecipe.class);
    }
}
