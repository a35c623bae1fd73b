package dev.wrenn.control.domain.builds;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The examples of the manual are recipes.
class DocumentedRecipesTest {
    private static final Pattern EXAMPLE = Pattern.compile("```recipe\n(.*?)```", Pattern.DOTALL);

    @Test
    void examplesAreUnderstood() throws IOException, BadRecipe {
        var root = Path.of(System.getProperty("wrenn.root", "../.."));
        var examples = EXAMPLE.matcher(Files.readString(root.resolve("docs/templates.md")));
        int found = 0;
        for (; examples.find(); found++) {
            var lines = new ArrayList<String>();
            for (var line : examples.group(1).split("\n")) {
                if (line.startsWith("HEALTHCHECK ")) HealthCheck.parse(line.substring(12));
                else lines.add(line);
            }
            assertThat(Recipe.parse(lines).steps()).hasSizeGreaterThan(2);
        }
        assertThat(found).isEqualTo(2);
    }
}
