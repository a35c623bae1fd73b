package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Fault: control plane and agent are killed (SIGKILL) at random moments while many builds wait and
/// run. At full size with `-Dwrenn.test.builds=10 -Dwrenn.test.buildkills=20`.
@ExtendWith(Shared.class)
class BuildKillsVmTest {
    private static final int BUILDS = Integer.getInteger("wrenn.test.builds", 3);
    private static final int KILLS = Integer.getInteger("wrenn.test.buildkills", 3);
    private static final Duration SOON = Duration.ofMinutes(3);
    private static final Duration END = Duration.ofMinutes(10);
    private static final int MOST_PAUSE_MS = 6000;
    private static final Set<String> ENDS = Set.of("success", "failed", "cancelled");

    private final Installation wrenn;
    private final Api api;

    @TempDir private Path here;

    BuildKillsVmTest(Installation wrenn) {
        this.wrenn = wrenn;
        this.api = wrenn.api();
    }

    @Test
    void everyBuildEndsTruthfullyAndLeavesNothing() throws IOException {
        wrenn.runWords(SOON, "login").ok();
        long seed = System.nanoTime();
        var random = new Random(seed);
        var names = new HashMap<String, String>(); // by build
        for (int i = 0; i < BUILDS; i++) {
            var name = "kills-" + i;
            names.put(build(name, i % 5 == 4 ? "exit 3" : "sleep 1"), name);
        }
        for (int i = 0; i < KILLS; i++) {
            LockSupport.parkNanos(random.nextInt(MOST_PAUSE_MS) * 1_000_000L);
            var part = random.nextInt(3) == 0 ? "agent" : "control";
            Eventually.within(
                            SOON,
                            () -> {
                                var process = wrenn.part(part);
                                assertThat(process.alive()).as("seed %d: %s", seed, part).isTrue();
                                return process;
                            })
                    .kill();
        }
        var ended =
                Eventually.within(
                        END,
                        () -> {
                            var all = ours(names);
                            assertThat(all).as("seed %d", seed).hasSize(BUILDS);
                            for (var build : all.values())
                                assertThat(ENDS)
                                        .as("seed %d: %s", seed, build)
                                        .contains(build.path("status").asString());
                            return all;
                        });
        var templates = wrenn.runWords(SOON, "template", "list").ok().text();
        for (var build : ended.entrySet()) {
            var name = names.get(build.getKey());
            boolean success = build.getValue().path("status").asString().equals("success");
            assertThat(templates.lines().anyMatch(line -> line.startsWith(name + " ")))
                    .as("seed %d: %s", seed, build.getValue())
                    .isEqualTo(success);
            if (success) works(name);
        }
        leavesNothing(ended);
        for (var name : names.values()) wrenn.runWords(SOON, "template", "delete", name);
    }

    private String build(String name, String lastStep) throws IOException {
        var recipe = here.resolve(name + ".recipe");
        Files.write(
                recipe, List.of("RUN echo " + name + " >/name", "RUN sleep 2", "RUN " + lastStep));
        var words = new ArrayList<>(List.of("template", "build", "--skip-pre-post", "--no-cache"));
        words.addAll(List.of("--detach", "-f", recipe.toString()));
        return wrenn.runWords(SOON, words.toArray(String[]::new)).ok().text().strip();
    }

    private Map<String, JsonNode> ours(Map<String, String> names) {
        var all = new HashMap<String, JsonNode>();
        for (var build : wrenn.runWords(SOON, "build", "list", "--json").ok().json())
            if (names.containsKey(build.path("id").asString()))
                all.put(build.path("id").asString(), build);
        return all;
    }

    /// The last of the kills may have been the agent's a moment ago: until it is back a create is
    /// refused, and says so.
    private void works(String template) {
        var body = "{\"template\":\"" + template + "\"}";
        var reply =
                Eventually.within(
                        SOON,
                        () -> {
                            var answer = api.post("/v1/capsules", body);
                            assertThat(answer.status()).as("%s", answer.json()).isNotEqualTo(503);
                            return answer;
                        });
        var id = reply.expect(201).text("id");
        api.awaitStatus(id, "running", SOON);
        assertThat(api.output(id, "cat /name").strip()).isEqualTo(template);
        api.destroy(id);
    }

    /// No capsule that any run of a build made, and no file of one.
    private void leavesNothing(Map<String, JsonNode> builds) {
        for (var build : builds.values()) {
            var capsule = build.path("sandbox_id").asString("");
            if (capsule.isEmpty()) continue;
            Eventually.within(
                    SOON,
                    () ->
                            assertThat(wrenn.footprint().files())
                                    .noneMatch(file -> file.contains(capsule)));
        }
        Eventually.within(
                SOON,
                () -> {
                    var mine = new ArrayList<String>();
                    for (var capsule : api.get("/v1/capsules").expect(200).json())
                        mine.add("sandboxes/" + capsule.path("id").asString());
                    assertThat(wrenn.footprint().files())
                            .filteredOn(file -> file.startsWith("sandboxes/cl-"))
                            .allMatch(file -> mine.stream().anyMatch(file::startsWith));
                });
    }
}
