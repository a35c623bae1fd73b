package dev.wrenn.cli.instance;

import dev.wrenn.cli.pki.Pki;
import dev.wrenn.common.connect.CallOptions;
import dev.wrenn.common.connect.Codec;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ConnectHttp;
import dev.wrenn.common.connect.HostAgentMethods;
import dev.wrenn.common.connect.Tls;
import dev.wrenn.contracts.hostagent.v1.GetHostRequest;
import dev.wrenn.contracts.hostagent.v1.GetHostResponse;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import dev.wrenn.contracts.hostagent.v1.TerminateRequest;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.eclipse.jetty.client.HttpClient;

/// Calls to the instance's host agent, with the control plane's certificate. Calls throw
/// `ConnectException`.
final class AgentLink implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(1);
    private static final Duration PROBE = Duration.ofSeconds(2);

    private final HttpClient http;
    private final ConnectClient client;

    AgentLink(Pki pki, int port) {
        var tls = Tls.client(pki.authority(), pki.certificate(Pki.CONTROL), pki.key(Pki.CONTROL));
        http = ConnectHttp.client("agent-link", CONNECT, tls);
        client =
                new ConnectClient(
                        http, URI.create("https://127.0.0.1:" + port), Codec.PROTO, Map.of());
    }

    GetHostResponse host(Duration limit) {
        return client.unary(
                HostAgentMethods.GET_HOST,
                GetHostRequest.getDefaultInstance(),
                CallOptions.timeout(limit));
    }

    /// Whether it does its work.
    boolean answers() {
        try {
            return !host(PROBE).getAgentVersion().isEmpty();
        } catch (ConnectException e) {
            return false;
        }
    }

    List<Sandbox> capsules(Duration limit) {
        return client.unary(
                        HostAgentMethods.LIST_SANDBOXES,
                        ListSandboxesRequest.getDefaultInstance(),
                        CallOptions.timeout(limit))
                .getSandboxesList();
    }

    /// Ends every capsule, then the agent.
    void terminate(Duration limit) {
        client.unary(
                HostAgentMethods.TERMINATE,
                TerminateRequest.getDefaultInstance(),
                CallOptions.timeout(limit));
    }

    @Override
    public void close() {
        client.close();
        try {
            http.stop();
        } catch (Exception e) {
            throw new InstanceException("HTTP client does not stop", e);
        }
    }
}
