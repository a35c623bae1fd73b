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
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/// The commands by name, in the order in which the help lists them.
final class Commands {
    static final Map<String, Class<?>> ALL = all();

    private Commands() {}

    private static Map<String, Class<?>> all() {
        var all = new LinkedHashMap<String, Class<?>>();
        all.put("up", UpCommand.class);
        all.put("down", DownCommand.class);
        all.put("status", StatusCommand.class);
        all.put("doctor", DoctorCommand.class);
        all.put("capsule", CapsuleCommand.class);
        all.put("snapshot", SnapshotCommand.class);
        all.put("template", TemplateCommand.class);
        all.put("build", BuildCommand.class);
        all.put("exec", ExecCommand.class);
        all.put("shell", ShellCommand.class);
        all.put("ps", PsCommand.class);
        all.put("kill", KillCommand.class);
        all.put("cp", CopyCommand.class);
        all.put("ls", ListCommand.class);
        all.put("url", UrlCommand.class);
        all.put("login", LoginCommand.class);
        all.put("logout", LogoutCommand.class);
        all.put("whoami", WhoamiCommand.class);
        all.put("team", TeamCommand.class);
        all.put("key", KeyCommand.class);
        all.put("audit", AuditCommand.class);
        all.put("channel", ChannelCommand.class);
        all.put("events", EventsCommand.class);
        all.put("host", HostCommand.class);
        return Collections.unmodifiableMap(all);
    }
}
