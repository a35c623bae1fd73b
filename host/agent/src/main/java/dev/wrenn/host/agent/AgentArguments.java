package dev.wrenn.host.agent;

import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/// `wrenn agent [--register TOKEN] [--address HOST:PORT] [--control-plane URL]`: the arguments
/// stand for variables of the environment, and win over them.
///
/// @param environment with what the arguments say
/// @param registration of `--register`: the token, or `@FILE` with the token in a file, where other
///   users of the machine do not see it
record AgentArguments(Map<String, String> environment, Optional<Secret> registration) {
    static AgentArguments of(String[] args, Map<String, String> environment) {
        var all = new HashMap<>(environment);
        Optional<Secret> registration = Optional.empty();
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) throw new ConfigException(args[i] + ": expected a value");
            var value = args[i + 1];
            switch (args[i]) {
                case "--register" -> registration = Optional.of(token(value));
                case "--control-plane" -> all.put("WRENN_CONTROL_PLANE", value);
                case "--address" -> {
                    all.put("WRENN_HOST_ADDRESS", value);
                    all.putIfAbsent("WRENN_HOST_LISTEN_ADDR", value);
                }
                default ->
                        throw new ConfigException(
                                args[i] + " (expected: --register, --address or --control-plane)");
            }
        }
        return new AgentArguments(all, registration);
    }

    private static Secret token(String value) {
        if (!value.startsWith("@")) return new Secret(value);
        try {
            return new Secret(Files.readString(Path.of(value.substring(1))).strip());
        } catch (IOException e) {
            throw new ConfigException("--register: " + value + " cannot be read");
        }
    }

    AgentConfig config() {
        var config = AgentConfig.from(environment);
        return registration.map(config::registering).orElse(config);
    }
}
