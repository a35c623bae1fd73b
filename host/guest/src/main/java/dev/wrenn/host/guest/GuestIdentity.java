package dev.wrenn.host.guest;

import java.net.InetAddress;
import java.util.List;
import java.util.Map;

/// Who a guest is, told to it before anyone can talk to it; its token is the client's own.
///
/// @param sandboxId wire form, `cl-…`
/// @param templateId hyphenated UUID
/// @param user default user of commands
/// @param env default variables of commands
/// @param directory of commands; empty: the user's home
/// @param hostname kernel host name
/// @param machineId 32 lowercase hex digits, as machine-id(5)
/// @param dns resolvers
public record GuestIdentity(
        String sandboxId,
        String templateId,
        String user,
        Map<String, String> env,
        String directory,
        String hostname,
        String machineId,
        List<InetAddress> dns) {
    public GuestIdentity {
        env = Map.copyOf(env);
        dns = List.copyOf(dns);
    }
}
