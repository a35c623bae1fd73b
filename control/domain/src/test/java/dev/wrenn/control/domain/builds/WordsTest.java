package dev.wrenn.control.domain.builds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.control.domain.templates.GuestDefaults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class WordsTest {
    private static String shell(List<String> arguments, Map<String, String> variables)
            throws IOException, InterruptedException {
        var command = new java.util.ArrayList<>(List.of("/bin/sh"));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(variables);
        var process = builder.start();
        process.getOutputStream().close();
        var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    @Test
    void variablesAreExpanded() {
        var values = Map.of("A", "1", "LONG_2", "x y");
        assertThat(Words.expanded("$A ${A}b $LONG_2c $$A $ ${ $1 ${A", values))
                .isEqualTo("1 1b  $A $ ${ $1 ${A");
        assertThat(Words.expanded("${LONG_2}$NO|", values)).isEqualTo("x y|");
    }

    @Test
    void wordsAreSplit() {
        assertThat(Words.split(" a  'b c'd \"e\\\"f\" g\\ h '' ").orElseThrow())
                .containsExactly("a", "b cd", "e\"f", "g h", "");
        assertThat(Words.split("a 'b")).isEmpty();
    }

    /// A real shell gets back what was put in: variables and command through two levels of quotes.
    @Test
    void anyTextSurvivesTheShell() throws Exception {
        var random = new SplittableRandom(1);
        for (int i = 0; i < 60; i++) {
            var text = new StringBuilder();
            for (int n = random.nextInt(40); n > 0; n--)
                text.appendCodePoint(
                        random.nextInt(4) == 0
                                ? random.nextInt(0xA0, 0x2FFF)
                                : random.nextInt(1, 127));
            var value = text.append('.').toString();
            var setting = Setting.START.in("/tmp").with("V", value.replace("$", "$$"));
            var words = "printf %s \"$V\" " + Words.quoted(value);
            var root = setting.command(words, Duration.ofSeconds(5));
            assertThat(root.cwd()).isEqualTo("/tmp");
            assertThat(shell(root.args(), root.envs())).isEqualTo(value + value);
            // What su hands to the shell.
            var dev = setting.as("dev").command(words, Duration.ofSeconds(5));
            var script = dev.args().subList(dev.args().indexOf("-c"), dev.args().size());
            assertThat(shell(script, Map.of())).isEqualTo(value + value);
        }
    }

    @Test
    void theTemplateKeepsNoVariablesOfTheGuest() {
        var setting =
                Setting.START.as("dev").with("PATH", "/x").with("TERM", "y").with("A", "$HOME");
        assertThat(setting.kept()).isEqualTo(Map.of("PATH", "/x", "A", "/home/dev"));
        assertThat(setting.command("true", Duration.ZERO).program()).isEqualTo("su");
    }

    @Test
    void outputIsBoundedAndKeepsBothEnds() {
        var output = new Output();
        output.add("begin ".getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < 10_000; i++)
            output.add("%08d\n".formatted(i).getBytes(StandardCharsets.UTF_8));
        output.add("\0end".getBytes(StandardCharsets.UTF_8));
        var text = output.text();
        assertThat(text).startsWith("begin 00000000\n").endsWith("00009999\n\uFFFDend");
        assertThat(text).contains("bytes cut").hasSizeLessThan(70_000);
        var large = new Output();
        large.add(new byte[300_000]);
        large.add("tail".getBytes(StandardCharsets.UTF_8));
        assertThat(large.text()).endsWith("tail").contains(" " + (300_004 - 65536) + " bytes cut");
    }

    /// What a step depends on changes its key and those after it; what it does not, does not.
    @Test
    void keysFollowWhatStepsDependOn() throws BadRecipe {
        var recipe = List.of("ENV A=1", "RUN one", "COPY x /x", "RUN two", "START s", "RUN three");
        var sums = Map.of("x/a", "1", "y", "2");
        var keys = keys(recipe, sums);
        assertThat(keys.subList(0, 4)).doesNotHaveDuplicates().doesNotContain("");
        assertThat(keys.subList(4, 6)).containsOnly("");
        assertThat(keys(recipe, Map.of("x/a", "1", "y", "3"))).isEqualTo(keys);
        var other = keys(recipe, Map.of("x/a", "9", "y", "2"));
        assertThat(other.subList(0, 2)).isEqualTo(keys.subList(0, 2));
        assertThat(other.subList(2, 4)).doesNotContainAnyElementsOf(keys);
        var env = keys(List.of("ENV A=2", "RUN one"), sums);
        assertThat(env.get(1)).isNotEqualTo(keys.get(1));
    }

    private static List<String> keys(List<String> recipe, Map<String, String> sums)
            throws BadRecipe {
        return Keys.of("base", Setting.START, Plan.of(Recipe.parse(recipe), true), sums, "rest");
    }

    @Test
    void aBuildBeginsAsTheProgramsOfItsBase() {
        assertThat(Setting.on(GuestDefaults.NONE)).isEqualTo(Setting.START);
        var on = Setting.on(new GuestDefaults("dev", Map.of("A", "b")));
        assertThat(on.user()).isEqualTo("dev");
        assertThat(on.directory()).isEqualTo("/home/dev");
        assertThat(on.kept()).isEqualTo(Map.of("A", "b"));
    }

    @Test
    void aBuildOnAnImageBeginsWhereItsProgramsDo() {
        var image = new GuestDefaults("ada", Map.of("A", "b"), "/srv/app", List.of("run"));
        var on = Setting.on(image);
        assertThat(on.user()).isEqualTo("ada");
        assertThat(on.directory()).isEqualTo("/srv/app");
        assertThat(Setting.of(image).kept()).isEqualTo(Map.of("A", "b"));
        assertThat(Setting.kept(Map.of("HOME", "/x", "A", "b"))).isEqualTo(Map.of("A", "b"));
    }

    @Test
    void anImageIsKnownByItsDigestAlone() {
        var one = new ImportedImage("a.tar", false, "sha256:1", GuestDefaults.NONE);
        var renamed = new ImportedImage("b.tar", false, "sha256:1", GuestDefaults.NONE);
        var other = new ImportedImage("a.tar", false, "sha256:2", GuestDefaults.NONE);
        assertThat(keys(one)).isEqualTo(keys(renamed)).doesNotContainAnyElementsOf(keys(other));
        var pulled = new ImportedImage("b", true, "sha256:1", GuestDefaults.NONE);
        assertThat(keys(pulled)).containsExactly("", keys(one).get(0), keys(one).get(1));
    }

    private static List<String> keys(ImportedImage image) {
        var plan = Plan.importing(image);
        return Keys.of("image", Setting.START, plan, Map.of(), "rest");
    }
}
