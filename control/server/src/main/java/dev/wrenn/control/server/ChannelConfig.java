package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.channels.Seals;
import dev.wrenn.control.outgoing.TargetRules;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The settings of channels.
///
/// @param seals `WRENN_ENCRYPTION_KEY` or the file `WRENN_ENCRYPTION_KEY_FILE`: 64 hexadecimal
///   digits, the same on every replica; `WRENN_ENCRYPTION_OLD_KEYS_FILE`: earlier ones, one a line
/// @param targets `WRENN_CP_OUTGOING_ALLOW`: hosts, addresses and blocks of addresses that channels
///   may tell although they are not of the public internet
public record ChannelConfig(Seals seals, TargetRules targets) {
    /// @throws ConfigException naming the first variable that is wrong
    static ChannelConfig of(Env env) {
        var key =
                ControlConfig.secret(env, "ENCRYPTION_KEY_FILE")
                        .or(() -> env.optional("WRENN_ENCRYPTION_KEY").map(Secret::new))
                        .orElseThrow(() -> new ConfigException("WRENN_ENCRYPTION_KEY: not set"));
        var earlier = new ArrayList<Secret>();
        ControlConfig.secret(env, "ENCRYPTION_OLD_KEYS_FILE")
                .ifPresent(text -> text.reveal().lines().map(Secret::new).forEach(earlier::add));
        return new ChannelConfig(
                seals(key, earlier), targets(env.text("WRENN_CP_OUTGOING_ALLOW", "")));
    }

    private static Seals seals(Secret key, List<Secret> earlier) {
        try {
            return new Seals(key, earlier, new SecureRandom());
        } catch (IllegalArgumentException e) {
            throw new ConfigException("WRENN_ENCRYPTION_KEY: " + e.getMessage());
        }
    }

    private static TargetRules targets(String text) {
        try {
            return TargetRules.of(
                    Arrays.stream(text.split(",")).filter(entry -> !entry.isBlank()).toList());
        } catch (IllegalArgumentException e) {
            throw new ConfigException("WRENN_CP_OUTGOING_ALLOW: " + e.getMessage());
        }
    }
}
