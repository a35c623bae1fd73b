package dev.wrenn.control.domain.builds;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// All steps of a build: those before the recipe, its own, and those after it.
///
/// @param steps in order
record Plan(List<Step> steps) {
    private static final Duration AROUND = Duration.ofMinutes(10);
    static final String IMPORT = "import";
    private static final String FILES = "/tmp/build-files";

    /// @param phase `pre-build`, `recipe`, `post-build` or `import`
    record Step(int number, String phase, Instruction instruction) {}

    Plan {
        steps = List.copyOf(steps);
    }

    static Plan of(Recipe recipe, boolean skipPrePost) {
        var steps = new ArrayList<Step>();
        if (!skipPrePost) {
            add(steps, "pre-build", run("apt update"));
            add(steps, "pre-build", new Instruction.User("wrenn-user", "USER wrenn-user"));
            add(
                    steps,
                    "pre-build",
                    new Instruction.Workdir("/home/wrenn-user", "WORKDIR /home/wrenn-user"));
        }
        for (var instruction : recipe.steps()) add(steps, "recipe", instruction);
        if (!skipPrePost) {
            add(steps, "post-build", run("apt clean"));
            add(steps, "post-build", run("apt autoremove -y"));
            add(steps, "post-build", run("rm -rf /var/lib/apt/lists/*"));
            add(steps, "post-build", run("rm -rf " + FILES + "*"));
        } else if (recipe.copies()) {
            add(steps, "post-build", run("rm -rf " + FILES));
        }
        return new Plan(steps);
    }

    static Plan importing(ImportedImage image) {
        var steps = new ArrayList<Step>();
        if (image.remote()) add(steps, IMPORT, new Instruction.Pull(image.source()));
        add(steps, IMPORT, new Instruction.Import(image));
        return new Plan(steps);
    }

    private static void add(List<Step> steps, String phase, Instruction instruction) {
        steps.add(new Step(steps.size() + 1, phase, instruction));
    }

    private static Instruction run(String command) {
        return new Instruction.Run(command, AROUND, "RUN " + command);
    }
}
