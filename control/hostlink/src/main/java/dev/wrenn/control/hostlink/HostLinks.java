package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.Codec;
import dev.wrenn.common.connect.ConnectClient;
import dev.wrenn.common.connect.ConnectHttp;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.StoreUnavailableException;
import dev.wrenn.control.domain.hosts.Host;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostEvents;
import dev.wrenn.control.domain.hosts.HostStore;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.eclipse.jetty.client.HttpClient;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a link to every registered host and puts them into the directory. Thread-safe.
public final class HostLinks implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostLinks.class);

    /// How often to call [#refresh()].
    public static final Duration PERIOD = Duration.ofSeconds(5);

    private static final Duration CONNECT = Duration.ofSeconds(3);

    /// Two streams of 32 MiB each, what an exec may answer, and a little more.
    private static final int LARGEST_ANSWER = 66 << 20;

    private final HostStore hosts;
    private final HostDirectory directory;
    private final HostEvents events;
    private final HttpClient http;
    private final boolean tls;
    private final Openings openings;
    private final Map<HostId, Link> links = new HashMap<>();
    private boolean closed;

    private record Link(Host host, AgentClient client, HostWatch watch) {
        void close() {
            watch.close();
            client.close();
        }
    }

    /// @param tls our certificate and whom we trust, see [ControlPapers]; empty only where agents
    ///   listen without TLS, as those of tests do
    public HostLinks(
            HostStore hosts,
            HostDirectory directory,
            HostEvents events,
            Optional<SslContextFactory.Client> tls) {
        this(hosts, directory, events, tls, new Openings());
    }

    /// @param openings how many are dialled at once
    HostLinks(
            HostStore hosts,
            HostDirectory directory,
            HostEvents events,
            Optional<SslContextFactory.Client> tls,
            Openings openings) {
        this.openings = openings;
        this.hosts = hosts;
        this.directory = directory;
        this.events = events;
        this.tls = tls.isPresent();
        this.http =
                tls.map(keys ->
                                ConnectHttp.client(
                                        "hosts", CONNECT, keys, new AgentNames(directory)))
                        .orElseGet(() -> ConnectHttp.client("hosts", CONNECT));
    }

    /// Links hosts that are new or have moved, drops those that are gone. Without a database
    /// everything stays as it is.
    public synchronized void refresh() {
        if (closed) return;
        try {
            var wanted = new HashMap<HostId, Host>();
            for (var host : hosts.all()) wanted.put(host.id(), host);
            links.values()
                    .removeIf(link -> {
                        var now = wanted.get(link.host.id());
                        boolean stays = now != null && now.address().equals(link.host.address());
                        if (!stays) {
                            link.close();
                            directory.remove(link.host.id());
                            events.gone(link.host.id()); // in this order: see Reconciler
                        }
                        return !stays;
                    });
            for (var host : wanted.values()) {
                if (links.containsKey(host.id())) directory.describe(host);
                else links.put(host.id(), open(host));
            }
        } catch (StoreUnavailableException e) {
            LOG.atDebug().log("hosts not read: no database");
        }
    }

    private Link open(Host host) {
        var client =
                new AgentClient(
                        new ConnectClient(
                                http,
                                AgentNames.base(host, tls),
                                Codec.PROTO,
                                Map.of(),
                                LARGEST_ANSWER));
        directory.put(host, client);
        var watch = new HostWatch(host.id(), client, directory, events, openings);
        client.onTemplates(watch::changed);
        watch.start();
        LOG.atInfo().addKeyValue("host", host.id()).log("linked");
        return new Link(host, client, watch);
    }

    /// Breaks all links; running calls end as unreachable.
    @Override
    public synchronized void close() throws Exception {
        closed = true;
        for (var link : links.values()) link.close();
        links.clear();
        http.stop();
    }
}
