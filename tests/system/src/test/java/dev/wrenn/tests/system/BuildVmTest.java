package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Templates from recipes, built in real VMs by the command line.
@ExtendWith(Shared.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BuildVmTest {
    private static final Duration SOON = Duration.ofMinutes(3);

    private final Installation wrenn;
    private final Api api;
    private final List<String> made = new ArrayList<>();

    @TempDir private Path here;

    BuildVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @BeforeAll
    void signIn() {
        wrenn.runWords(SOON, "login").ok();
    }

    @AfterAll
    void delete() {
        for (var name : made) wrenn.runWords(SOON, "template", "delete", name);
    }

    private Path recipe(String name, String... lines) throws IOException {
        var file = here.resolve(name + ".recipe");
        Files.write(file, List.of(lines));
        return file;
    }

    private Cli.Result build(String name, Path recipe, String... more) {
        var words = new ArrayList<>(List.of("template", "build", "--skip-pre-post"));
        words.addAll(List.of("--name", name, "-f", recipe.toString()));
        words.addAll(List.of(more));
        made.add(name);
        return wrenn.runWords(SOON, words.toArray(String[]::new));
    }

    private JsonNode find(String id) {
        for (var build : wrenn.runWords(SOON, "build", "list", "--json").json())
            if (build.path("id").asString().equals(id)) return build;
        throw new AssertionError("no build " + id);
    }

    private String create(String template) {
        return api.create("{\"template\":\"" + template + "\"}");
    }

    @Test
    void stepsRunInOrderAndTheTemplateKeepsWhoTheyWere() throws IOException {
        var files = Files.createDirectories(here.resolve("files/app/sub"));
        Files.writeString(files.resolve("data"), "from the archive");
        Files.writeString(here.resolve("files/it's a file"), "odd");
        var steps =
                new String[] {
                    "# comments are no steps",
                    "ENV WORDS=it's \"$$HOME\" of $USER_WORD",
                    "USER dev",
                    "WORKDIR /srv/app",
                    "COPY app /srv/app",
                    "COPY \"it's a file\" ./",
                    "RUN printf %s \"$WORDS\" > words && whoami > who",
                    "RUN [ -f sub/data ] && cat \"it's a file\"",
                };
        var archive = here.resolve("files").toString();
        var said = build("app", recipe("app", steps), "--archive", archive).ok().text();
        assertThat(said).contains("[7/8]", "odd", "success");
        var id = create("app");
        assertThat(
                        api.output(
                                id,
                                "whoami; echo \"$WORDS\"; cd /srv/app; cat words who sub/data;"
                                        + " stat -c %U sub/data; sudo -n id -u; ls /tmp"))
                .isEqualTo(
                        "dev\nit's \"$HOME\" of \nit's \"$HOME\" of dev\nfrom the archivedev\n0\n");
        api.destroy(id);
        // The same again is there already; a change in the last step runs that one.
        said = build("app", recipe("app", steps), "--archive", archive).ok().text();
        assertThat(said).doesNotContain("done in").contains("success");
        steps[steps.length - 1] += " && echo changed";
        said = build("app", recipe("app", steps), "--archive", archive).ok().text();
        assertThat(said.split("cached", -1)).hasSize(7);
        assertThat(said).contains("changed");
    }

    @Test
    void aHealthyServerIsAliveInEachCapsule() throws IOException {
        var recipe =
                recipe(
                        "web",
                        "WORKDIR /srv",
                        "RUN echo served > index.html",
                        "START exec python3 -m http.server 8888",
                        "HEALTHCHECK --interval=1s --retries=60 python3 -c \"import"
                                + " urllib.request as u; u.urlopen('http://127.0.0.1:8888')\"");
        build("web", recipe).ok();
        var id = create("web");
        assertThat(
                        api.output(
                                id,
                                "python3 -c \"import urllib.request as u;"
                                        + " print(u.urlopen('http://127.0.0.1:8888').read())\""))
                .contains("served");
        api.destroy(id);
        var sick = recipe("sick", "RUN true", "HEALTHCHECK --interval=1s --retries=1 exit 3");
        var failed = build("sick", sick);
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.text()).contains("the health check did not pass: exit code 3");
    }

    @Test
    void aFailingStepEndsTheBuildAndLimitsHold() throws IOException {
        var failed = build("no", recipe("no", "RUN true", "RUN echo why >&2; exit 7", "RUN true"));
        assertThat(failed.exit()).isEqualTo(1);
        assertThat(failed.text())
                .contains("why", "step 2 failed: exit code 7")
                .doesNotContain("[3/");
        var late = build("late", recipe("late", "RUN --timeout=1s sleep 4715"));
        assertThat(late.text()).contains("not done within 1.0 s");
        var wrong = build("wrong", recipe("wrong", "RUN true", "FROM x"));
        assertThat(wrong.err()).contains("line 2");
        var none = build("none", recipe("none", "RUN true"), "--base", "no-such");
        assertThat(none.err()).contains("not_found");
        assertThat(wrenn.runWords(SOON, "template", "list").text())
                .doesNotContain("late", "wrong", "none");
    }

    @Test
    void aCancelledBuildEndsAndLeavesNothing() throws IOException {
        var id = build("slow", recipe("slow", "RUN sleep 25"), "--detach").ok().text().strip();
        Eventually.within(
                SOON, () -> assertThat(find(id).path("current_step").asInt(0)).isEqualTo(1));
        wrenn.runWords(SOON, "build", "cancel", id).ok();
        gone(find(id).path("sandbox_id").asString());
        assertThat(find(id).path("status").asString()).isEqualTo("cancelled");
    }

    /// Fault: the control plane is killed while a step runs.
    @Test
    void anInterruptedBuildIsBegunAnew() throws IOException {
        var recipe = recipe("again", "RUN echo one", "RUN sleep 8; echo two");
        var id = build("again", recipe, "--detach").ok().text().strip();
        Eventually.within(
                SOON, () -> assertThat(find(id).path("current_step").asInt(0)).isEqualTo(2));
        var first = find(id).path("sandbox_id").asString();
        wrenn.part("control").kill();
        var status =
                Eventually.within(
                        SOON,
                        () -> {
                            var build = find(id);
                            assertThat(build.has("completed_at")).isTrue();
                            return build;
                        });
        assertThat(status.path("status").asString()).isEqualTo("success");
        assertThat(status.path("sandbox_id").asString()).isNotEqualTo(first);
        gone(first);
        gone(status.path("sandbox_id").asString());
        var capsule = create("again");
        api.destroy(capsule);
    }

    private void gone(String capsule) {
        Eventually.within(
                SOON,
                () ->
                        assertThat(wrenn.footprint().files())
                                .noneMatch(file -> file.contains(capsule)));
    }
}
