package dev.wrenn.control.domain.builds;

import dev.wrenn.control.domain.hosts.Command;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/// Runs single steps in the capsule of a build and writes the log. For one thread.
final class StepRunner {
    /// Of what a step needs beside its own command.
    private static final Duration SHORT = Duration.ofSeconds(60);

    private static final long TELL_EACH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Site site;
    private final Predicate<StepLog> logs;
    private final Function<Site.Talk, Site.Result> importer;
    private Setting setting;

    /// @param logs stores what a step has said so far; false when the build is lost
    /// @param start of the first step
    /// @param importer puts the image of the build in place
    StepRunner(
            Site site,
            Setting start,
            Predicate<StepLog> logs,
            Function<Site.Talk, Site.Result> importer) {
        this.site = site;
        this.setting = start;
        this.logs = logs;
        this.importer = importer;
    }

    /// Who would run the next step of the recipe, where, and with which variables.
    Setting setting() {
        return setting;
    }

    /// Goes past a step whose result is there already.
    void skip(Plan.Step step) {
        setting = Keys.after(setting, step.instruction());
        tell(new StepLog(step.number(), step.phase(), text(step), "", "", 0, true, 0, true));
    }

    /// @throws BuildFailed when it fails
    void run(Plan.Step step) {
        long start = System.nanoTime();
        var told = new long[] {start};
        var talk =
                new Site.Talk(
                        new Output(),
                        new Output(),
                        now -> {
                            if (System.nanoTime() - told[0] < TELL_EACH_NANOS) return;
                            told[0] = System.nanoTime();
                            tell(log(step, now, null, null, start));
                        });
        tell(log(step, talk, null, null, start));
        var result = perform(step, talk);
        if (!result.trouble().isEmpty())
            talk.stderr()
                    .add(
                            (result.trouble() + "\n")
                                    .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        var exit = result.exit() < 0 ? null : (Integer) result.exit();
        tell(log(step, talk, exit, result.ok(), start));
        if (result.ok()) {
            setting = Keys.after(setting, step.instruction());
            return;
        }
        throw new BuildFailed(
                "step "
                        + step.number()
                        + " failed: "
                        + (exit == null ? result.trouble() : "exit code " + exit));
    }

    private Site.Result perform(Plan.Step step, Site.Talk talk) {
        var by = step.phase().equals("post-build") ? setting.as("root") : setting;
        return switch (step.instruction()) {
            case Instruction.Env _, Instruction.Pull _ -> new Site.Result(0, "");
            case Instruction.Import _ -> importer.apply(talk);
            case Instruction.Run(var command, var limit, _) ->
                    site.run(by.command(command, limit), talk);
            case Instruction.Start(var command, _) -> {
                var log = "/tmp/wrenn-start-" + step.number() + ".log";
                var script = "exec >" + log + " 2>&1; " + command;
                yield site.start(by.command(script, Duration.ZERO), "start-" + step.number());
            }
            case Instruction.Workdir(var path, _) ->
                    site.run(folder(by.resolved(Keys.expanded(path, by)), by), talk);
            case Instruction.User(var name, _) -> site.run(user(name), talk);
            case Instruction.Copy copy -> site.run(copy(copy, by), talk);
        };
    }

    private static Command folder(String path, Setting by) {
        var folder = Words.quoted(path);
        return Setting.shell(
                "[ -d %1$s ] || { mkdir -p -- %1$s && chown %2$s: -- %1$s; }"
                        .formatted(folder, by.user()),
                SHORT);
    }

    private static Command user(String name) {
        if (name.equals("root")) return Setting.shell("true", SHORT);
        return Setting.shell(
                """
                set -e
                id -u %1$s >/dev/null 2>&1 || useradd --create-home --shell /bin/bash %1$s
                if [ -d /etc/sudoers.d ]; then
                  echo '%1$s ALL=(ALL) NOPASSWD:ALL' > /etc/sudoers.d/%1$s
                  chmod 0440 /etc/sudoers.d/%1$s
                fi
                """
                        .formatted(name),
                SHORT);
    }

    /// A folder's contents come into the destination; a file comes there under its own name when
    /// the destination is a folder, ends with a slash, or takes several.
    private static Command copy(Instruction.Copy copy, Setting by) {
        var to = by.resolved(Keys.expanded(copy.destination(), by));
        boolean into = copy.sources().size() > 1 || to.endsWith("/");
        var script =
                new StringBuilder(
                        """
                        set -e
                        cd %s
                        to=%s
                        made() { [ -d "$1" ] || { mkdir -p -- "$1"; chown %s: -- "$1"; }; }
                        """
                                .formatted(Site.FILES, Words.quoted(to), by.user()));
        for (var source : copy.sources())
            script.append(
                    """
                    from=./%s
                    [ -e "$from" ] || [ -L "$from" ] || { echo "not in the archive: $from" >&2; exit 1; }
                    chown -R -h %s: -- "$from"
                    if [ -d "$from" ] && [ ! -L "$from" ]; then made "$to"; cp -a -- "$from/." "$to/"
                    elif %s || [ -d "$to" ]; then made "$to"; cp -a -- "$from" "$to/"
                    else made "$(dirname -- "$to")"; cp -a -- "$from" "$to"; fi
                    """
                            .formatted(Words.quoted(source), by.user(), into));
        return Setting.shell(script.toString(), SHORT);
    }

    private static StepLog log(
            Plan.Step step,
            Site.Talk talk,
            @org.jspecify.annotations.Nullable Integer exit,
            @org.jspecify.annotations.Nullable Boolean ok,
            long start) {
        return new StepLog(
                step.number(),
                step.phase(),
                text(step),
                talk.stdout().text(),
                talk.stderr().text(),
                exit,
                ok,
                TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start),
                false);
    }

    private static String text(Plan.Step step) {
        return step.instruction().text();
    }

    private void tell(StepLog log) {
        if (!logs.test(log)) throw new BuildLost();
    }
}
