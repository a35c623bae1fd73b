package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.Charset;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;

/// `wrenn login`: begins a session for the commands `whoami`, `team`, `key` and `audit`.
@Command(
        name = "login",
        description =
                "Sign in; as the instance's own account, or with --email as somebody else, whose"
                        + " password is asked for or read from standard input.",
        mixinStandardHelpOptions = true)
public final class LoginCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Option(names = "--email", paramLabel = "E", description = "Who signs in.")
    private @Nullable String email;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public Integer call() {
        var data = options.data();
        var body = JsonNodeFactory.instance.objectNode();
        if (email == null) {
            var own = Credentials.read(data);
            body.put("email", own.path("email").asString(""));
            body.put("password", own.path("password").asString(""));
        } else {
            body.put("email", email).put("password", password());
        }
        var anonymous = Credentials.anonymous(data, System.getenv());
        try (var api = new Api(anonymous)) {
            var signed = api.post("/v1/auth/login", body).json();
            SessionFile.of(data).write(anonymous.api(), CapsuleCommand.text(signed, "token"));
            spec.commandLine()
                    .getOut()
                    .println(
                            "signed in as "
                                    + CapsuleCommand.text(signed, "email")
                                    + " in "
                                    + CapsuleCommand.text(signed, "team_id"));
        }
        return 0;
    }

    private static String password() {
        var console = System.console();
        if (console != null && console.isTerminal()) {
            var typed = console.readPassword("Password: ");
            if (typed != null) return new String(typed);
        }
        try {
            var in = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset()));
            var line = in.readLine();
            if (line != null) return line;
        } catch (IOException e) {
            throw new CommandFailure("standard input: " + e.getMessage(), e);
        }
        throw new CommandFailure("no password on standard input");
    }
}
