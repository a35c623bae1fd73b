package dev.wrenn.cli.client;

import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `wrenn team …`: the caller's teams, and the members of the session's team.
@Command(
        name = "team",
        description = "Teams, and the members of the session's team.",
        mixinStandardHelpOptions = true)
public final class TeamCommand implements Runnable {
    private static final String ROUTE = "/v1/teams";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "expected one of: list, create, switch, rename, delete, members, add, role, remove,"
                        + " leave, transfer");
    }

    @Command(
            name = "list",
            description = "List your teams; * is the session's.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin ClientOptions options,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.session()) {
            var answer = api.get(ROUTE);
            if (json) {
                out().println(answer.text());
                return 0;
            }
            var here = team(api);
            for (var team : answer.json())
                out().printf(
                                "%s %-31s %-8s %s%n",
                                CapsuleCommand.text(team, "id").equals(here) ? "*" : " ",
                                CapsuleCommand.text(team, "id"),
                                CapsuleCommand.text(team, "role"),
                                CapsuleCommand.text(team, "name"));
            out().flush();
        }
        return 0;
    }

    @Command(
            name = "create",
            description = "Make a team and print its id.",
            mixinStandardHelpOptions = true)
    int create(@Mixin ClientOptions options, @Parameters(paramLabel = "NAME") String name) {
        try (var api = options.session()) {
            out().println(CapsuleCommand.text(api.post(ROUTE, body("name", name)).json(), "id"));
        }
        return 0;
    }

    @Command(
            name = "switch",
            description = "Go on in another team.",
            mixinStandardHelpOptions = true)
    int change(@Mixin ClientOptions options, @Parameters(paramLabel = "TEAM") String id) {
        var file = SessionFile.of(options.data());
        var session = file.read();
        try (var api = new Api(session)) {
            var signed = api.post("/v1/auth/switch-team", body("team_id", id)).json();
            file.write(session.api(), CapsuleCommand.text(signed, "token"));
        }
        return 0;
    }

    @Command(name = "rename", description = "Rename the team.", mixinStandardHelpOptions = true)
    int rename(@Mixin ClientOptions options, @Parameters(paramLabel = "NAME") String name) {
        try (var api = options.session()) {
            api.patch(ROUTE + "/" + team(api), body("name", name));
        }
        return 0;
    }

    @Command(
            name = "delete",
            description = "Delete a team and everything it has; the session must be in it.",
            mixinStandardHelpOptions = true)
    int delete(@Mixin ClientOptions options, @Parameters(paramLabel = "TEAM") String id) {
        try (var api = options.session()) {
            api.delete(ROUTE + "/" + CapsuleCommand.segment(id));
        }
        return 0;
    }

    @Command(name = "members", description = "List members.", mixinStandardHelpOptions = true)
    int members(
            @Mixin ClientOptions options,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.session()) {
            var answer = api.get(members(api));
            if (json) out().println(answer.text());
            else out().print(table(answer.json().valueStream().toList()));
            out().flush();
        }
        return 0;
    }

    static String table(List<JsonNode> members) {
        var lines = new StringBuilder();
        var format = "%-29s %-8s %-32s %s%n";
        lines.append(format.formatted("ID", "ROLE", "EMAIL", "NAME"));
        for (var member : members)
            lines.append(
                    format.formatted(
                            CapsuleCommand.text(member, "user_id"),
                            CapsuleCommand.text(member, "role"),
                            CapsuleCommand.text(member, "email"),
                            CapsuleCommand.text(member, "name")));
        return lines.toString();
    }

    @Command(
            name = "add",
            description = "Add somebody with an account.",
            mixinStandardHelpOptions = true)
    int add(@Mixin ClientOptions options, @Parameters(paramLabel = "EMAIL") String email) {
        try (var api = options.session()) {
            var added = api.post(members(api), body("email", email));
            out().println(CapsuleCommand.text(added.json(), "user_id"));
        }
        return 0;
    }

    @Command(
            name = "role",
            description = "Make a member an admin, or an admin a member.",
            mixinStandardHelpOptions = true)
    int role(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "USER") String user,
            @Parameters(paramLabel = "ROLE") String role) {
        try (var api = options.session()) {
            api.patch(members(api) + "/" + CapsuleCommand.segment(user), body("role", role));
        }
        return 0;
    }

    @Command(
            name = "remove",
            description = "Remove members: rights, keys and terminals end at once.",
            mixinStandardHelpOptions = true)
    int remove(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "USER", arity = "1..*") List<String> users) {
        try (var api = options.session()) {
            for (var user : users) api.delete(members(api) + "/" + CapsuleCommand.segment(user));
        }
        return 0;
    }

    @Command(name = "leave", description = "Leave the team.", mixinStandardHelpOptions = true)
    int leave(@Mixin ClientOptions options) {
        try (var api = options.session()) {
            api.post(ROUTE + "/" + team(api) + "/leave", null);
        }
        return 0;
    }

    @Command(
            name = "transfer",
            description = "Make a member the owner.",
            mixinStandardHelpOptions = true)
    int transfer(@Mixin ClientOptions options, @Parameters(paramLabel = "USER") String user) {
        try (var api = options.session()) {
            api.post(ROUTE + "/" + team(api) + "/transfer", body("user_id", user));
        }
        return 0;
    }

    /// The session's.
    private static String team(Api api) {
        return CapsuleCommand.text(api.get("/v1/me").json(), "team_id");
    }

    private static String members(Api api) {
        return ROUTE + "/" + team(api) + "/members";
    }

    private static ObjectNode body(String name, String value) {
        return JsonNodeFactory.instance.objectNode().put(name, value);
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
