package dev.wrenn.control.domain.builds;

import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.templates.GuestDefaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/// Who runs a step, where, and with which variables. Immutable.
public record Setting(String user, String directory, SortedMap<String, String> env) {
    static final Setting START = new Setting("root", "/", new TreeMap<>());

    /// That of the first step on a template: as the programs of its capsules are.
    static Setting on(GuestDefaults base) {
        var start = new Setting("root", "/", new TreeMap<>(base.env()));
        var user = base.user().isEmpty() ? "root" : base.user();
        if (!user.equals("root")) start = start.as(user).in("/home/" + user);
        return base.directory().isEmpty() ? start : start.in(base.directory());
    }

    /// As an image says.
    static Setting of(GuestDefaults image) {
        return new Setting(image.user(), image.directory(), new TreeMap<>(image.env()));
    }

    /// What a template does not keep: it is the guest's own business.
    private static final Set<String> OWN =
            Set.of(
                    "HOME",
                    "USER",
                    "LOGNAME",
                    "SHELL",
                    "PWD",
                    "OLDPWD",
                    "HOSTNAME",
                    "TERM",
                    "SHLVL",
                    "_",
                    "WRENN_SANDBOX_ID",
                    "WRENN_TEMPLATE_ID");

    public Setting {
        env = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(env));
    }

    Setting as(String name) {
        var next = new TreeMap<>(env);
        next.put("HOME", name.equals("root") ? "/root" : "/home/" + name);
        return new Setting(name, directory, next);
    }

    /// @param path absolute, or relative to where it is now
    Setting in(String path) {
        return new Setting(user, resolved(path), env);
    }

    String resolved(String path) {
        if (path.startsWith("/")) return path;
        return directory.equals("/") ? "/" + path : directory + "/" + path;
    }

    Setting with(String key, String value) {
        var next = new TreeMap<>(env);
        next.put(key, Words.expanded(value, env));
        return new Setting(user, directory, next);
    }

    /// The variables that the template keeps.
    public Map<String, String> kept() {
        return kept(env);
    }

    /// Those of some variables that a template keeps.
    public static Map<String, String> kept(Map<String, String> env) {
        var kept = new TreeMap<>(env);
        kept.keySet().removeAll(OWN);
        return kept;
    }

    /// The program that runs a command of the shell in this setting.
    Command command(String command, Duration limit) {
        // Each shell more costs a guest tens of milliseconds where there is no KVM.
        if (user.equals("root"))
            return new Command("/bin/sh", List.of("-c", command), env, directory, limit, false);
        var script = new StringBuilder("cd " + Words.quoted(directory));
        env.forEach((key, value) ->
                script.append(" && export ").append(key).append('=').append(Words.quoted(value)));
        script.append(" && exec /bin/sh -c ").append(Words.quoted(command));
        return new Command(
                "su",
                List.of(user, "-s", "/bin/sh", "-c", script.toString()),
                Map.of(),
                "/",
                limit,
                false);
    }

    /// A command of the shell as root, whatever the setting is.
    static Command shell(String script, Duration limit) {
        return new Command("/bin/sh", List.of("-c", script), Map.of(), "/", limit, false);
    }
}
