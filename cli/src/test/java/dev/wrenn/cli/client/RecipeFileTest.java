package dev.wrenn.cli.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipeFileTest {
    @TempDir private Path here;

    @Test
    void aBackslashJoinsLinesAsInAShell() throws IOException {
        var file = here.resolve("a.recipe");
        Files.write(
                file,
                List.of(
                        "# words",
                        "RUN apt-get install \\",
                        "    curl",
                        "HEALTHCHECK --retries=2 \\",
                        "  curl -f localhost",
                        "RUN last \\"));
        var config = TemplateCommand.config(file);
        assertThat(config.path("recipe").valueStream().map(step -> step.asString()).toList())
                .containsExactly("# words", "RUN apt-get install     curl", "RUN last ");
        assertThat(config.path("healthcheck").asString())
                .isEqualTo("--retries=2   curl -f localhost");
    }

    @Test
    void aTemplateIsNamedAfterItsImage() {
        assertThat(TemplateCommand.bare("/tmp/redis.tar.gz")).isEqualTo("redis");
        assertThat(TemplateCommand.bare("a.b.tgz")).isEqualTo("a.b");
        assertThat(TemplateCommand.bare("ghcr.io/a/redis:7@sha256:0")).isEqualTo("redis");
    }
}
