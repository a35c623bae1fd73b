package dev.wrenn.cli;

import dev.wrenn.cli.client.AuditCommand;
import dev.wrenn.cli.client.BuildCommand;
import dev.wrenn.cli.client.CapsuleCommand;
import dev.wrenn.cli.client.ChannelCommand;
import dev.wrenn.cli.client.CopyCommand;
import dev.wrenn.cli.client.EventsCommand;
import dev.wrenn.cli.client.ExecCommand;
import dev.wrenn.cli.client.HostCommand;
import dev.wrenn.cli.client.KeyCommand;
import dev.wrenn.cli.client.KillCommand;
import dev.wrenn.cli.client.ListCommand;
import dev.wrenn.cli.client.LoginCommand;
import dev.wrenn.cli.client.LogoutCommand;
import dev.wrenn.cli.client.PsCommand;
import dev.wrenn.cli.client.ShellCommand;
import dev.wrenn.cli.client.SnapshotCommand;
import dev.wrenn.cli.client.TeamCommand;
import dev.wrenn.cli.client.TemplateCommand;
import dev.wrenn.cli.client.UrlCommand;
import dev.wrenn.cli.client.WhoamiCommand;
import dev.wrenn.cli.doctor.DoctorCommand;
import dev.wrenn.cli.instance.DownCommand;
import dev.wrenn.cli.instance.StatusCommand;
import dev.wrenn.cli.instance.UpCommand;
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
        },
        subcommands = {
            UpCommand.class,
            DownCommand.class,
            StatusCommand.class,
            DoctorCommand.class,
            CapsuleCommand.class,
            SnapshotCommand.class,
            TemplateCommand.class,
            BuildCommand.class,
            ExecCommand.class,
            ShellCommand.class,
            PsCommand.class,
            KillCommand.class,
            CopyCommand.class,
            ListCommand.class,
            UrlCommand.class,
            LoginCommand.class,
            LogoutCommand.class,
            WhoamiCommand.class,
            TeamCommand.class,
            KeyCommand.class,
            AuditCommand.class,
            ChannelCommand.class,
            EventsCommand.class,
            HostCommand.class
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
        return commandLine().execute(args);
    }

    static CommandLine commandLine() {
        return new CommandLine(new Main())
                .setExecutionExceptionHandler((e, line, _) -> explain(e, line.getErr()))
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
