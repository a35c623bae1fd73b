package dev.wrenn.cli;

import dev.wrenn.common.runtime.Build;
import dev.wrenn.control.server.ControlMain;
import dev.wrenn.host.agent.AgentMain;
import dev.wrenn.host.pager.PagerMain;
import java.io.PrintWriter;
import java.util.Arrays;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Entry point of every process of Wrenn but the VMs: `control`, `agent` and `pager` become the
/// services, everything else is a command that ends with an exit code.
@Command(
        name = "wrenn",
        description = "Isolated, persistent Linux microVMs on your own machine.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true,
        version = "wrenn " + Build.VERSION,
        footer = {
            "",
            "By the launcher itself: test [unit|component|system], bench [NAME] [--runs N] [--json].",
            "Services, configured by the environment: control, agent, pager;",
            "agent [--register TOKEN] [--address HOST:PORT] [--control-plane URL].",
            "Exit codes: 0 done, 1 failed, 2 wrong usage;",
            "exec, shell: the command's own, 125 if not run."
        })
public final class Main implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private Main() {}

    public static void main(String[] args) throws Exception {
        if (args.length > 0 && args[0].equals("control")) {
            ControlMain.main(Arrays.copyOfRange(args, 1, args.length));
        } else if (args.length > 0 && args[0].equals("agent")) {
            AgentMain.main(Arrays.copyOfRange(args, 1, args.length));
        } else if (args.length > 0 && args[0].equals("pager")) {
            PagerMain.main(Arrays.copyOfRange(args, 1, args.length));
        } else {
            System.exit(run(args));
        }
    }

    /// Runs one command.
    ///
    /// @return its exit code
    public static int run(String... args) {
        return commandLine(args).execute(args);
    }

    /// With the command that the first argument names or, when it names none, with all of them: to
    /// read what a command takes costs milliseconds, which a single command need not pay for all.
    static CommandLine commandLine(String... args) {
        var line = new CommandLine(new Main());
        var named = args.length == 0 ? null : Commands.ALL.get(args[0]);
        if (named != null) line.addSubcommand(args[0], named);
        else Commands.ALL.forEach(line::addSubcommand);
        return line.setExecutionExceptionHandler((e, at, _) -> explain(e, at.getErr()))
                .setUsageHelpAutoWidth(true);
    }

    private static int explain(Exception e, PrintWriter err) {
        if (e instanceof CommandFailure failure) {
            err.println("wrenn: " + failure.getMessage());
            err.flush();
            return failure.exitCode();
        }
        err.println("wrenn: internal error, please report it:");
        e.printStackTrace(err);
        err.flush();
        return CommandFailure.FAILED;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }
}
