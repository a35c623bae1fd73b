package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.pki.Pki;
import java.time.Duration;

/// How capsules execute on this machine: the host agent probes it when it starts.
public final class Acceleration {
    private static final Duration LIMIT = Duration.ofSeconds(3);

    private Acceleration() {}

    /// In words: what the running instance found, or why nothing is known.
    public static String describe(DataDir data) {
        var state = InstanceState.ofLiving(data.run());
        if (state.isEmpty()) return "probed by the host agent when the instance is up";
        try (var agent = new AgentLink(new Pki(data.pki()), state.get().agentPort())) {
            var host = agent.host(LIMIT);
            var reason = host.getAccelReason();
            return host.getAccel() + (reason.isEmpty() ? "" : ": " + reason);
        } catch (dev.wrenn.common.connect.ConnectException
                | dev.wrenn.common.connect.Tls.TlsException e) {
            return "the host agent does not answer: " + e.getMessage();
        }
    }
}
