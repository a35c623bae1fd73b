package dev.wrenn.cli.instance;

import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.pki.Pki;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.datastores.PostgresServer;
import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.UnixSockets;
import dev.wrenn.host.pager.PagerMain;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The two services of our own: how they are started, configured and asked whether they work.
/// Secrets reach them by file; the command line and the log hold none.
final class Services {
    private static final Duration START = Duration.ofMinutes(2);
    private static final Duration STOP = Duration.ofSeconds(30);
    private static final Duration PROBE = Duration.ofSeconds(2);
    private static final Duration POLL = Duration.ofMillis(50);

    /// Name of the secret that signs the tokens of users.
    static final String TOKEN_SECRET = "jwt";

    /// Name of the secret that seals what channels are configured with.
    static final String ENCRYPTION_KEY = "encryption";

    private static final String PUBLIC_URL = "WRENN_CP_PUBLIC_URL";
    private static final String OBJECTS = "WRENN_CP_OBJECTS";
    private static final String MAIL_DIR = "WRENN_CP_MAIL_DIR";
    private static final String CONTROL_HEAP = "-Xmx512m";

    private final Spawner spawner;
    private final DataDir data;
    private final Pki pki;
    private final Settings settings;
    private final Map<String, String> inherited;

    /// @param environment of this process; what the services may know of it is passed on
    Services(
            Spawner spawner,
            DataDir data,
            Pki pki,
            Settings settings,
            Map<String, String> environment) {
        this.spawner = spawner;
        this.data = data;
        this.pki = pki;
        this.settings = settings;
        this.inherited = inherited(environment);
    }

    /// Everything but what is for clients or for this program; a service's own settings win.
    static Map<String, String> inherited(Map<String, String> environment) {
        var kept = new HashMap<>(environment);
        kept.keySet().removeIf(n -> n.startsWith("WRENN_API_") || n.startsWith("WRENN_TEST_"));
        List.of("WRENN_ROOT", "WRENN_APP", "WRENN_PACKAGES", "DATABASE_URL", "REDIS_URL")
                .forEach(kept::remove);
        return Map.copyOf(kept);
    }

    Part agent() {
        return service("agent", List.of("-Xmx192m"), agentSettings(), this::agentAnswers);
    }

    /// The process that serves pages of restored capsules; a restart takes them over. Its self test
    /// waits for the second compiler.
    Part pager() {
        return service(
                "pager",
                List.of("-Xmx96m", "-Xss256k"),
                Map.of("WRENN_DIR", data.host().toString()),
                this::pagerAnswers);
    }

    Part control() {
        var flags = new ArrayList<>(JavaCommand.FOR_REQUESTS);
        flags.add(CONTROL_HEAP);
        return service("control", flags, controlSettings(), this::controlAnswers);
    }

    private Part service(
            String name,
            List<String> flags,
            Map<String, String> own,
            java.util.function.BooleanSupplier healthy) {
        var environment = new HashMap<>(inherited);
        environment.putAll(own);
        return new ServicePart(
                spawner,
                name,
                JavaCommand.main(name, flags, List.of(name)),
                Map.copyOf(environment),
                data.log(name),
                START,
                STOP,
                healthy);
    }

    Map<String, String> agentSettings() {
        return Map.of(
                "WRENN_DIR", data.host().toString(),
                "WRENN_VMJAIL", data.host().resolve(BootImages.VMJAIL).toString(),
                "WRENN_RAMSHIM", data.host().resolve(BootImages.RAMSHIM).toString(),
                "WRENN_HOST_LISTEN_ADDR", "127.0.0.1:" + settings.agentPort(),
                "WRENN_CONTROL_PLANE", settings.apiUrl(),
                "WRENN_HOST_TOKEN_FILE", data.hostToken().toString());
    }

    /// Addresses by variable, secrets by file; a user's own `DATABASE_URL` and `REDIS_URL` may hold
    /// a password and pass as they are.
    Map<String, String> controlSettings() {
        var own = new HashMap<String, String>();
        if (settings.embeddedPostgres()) {
            own.put(
                    "DATABASE_URL",
                    "postgres://%s@127.0.0.1:%d/%s"
                            .formatted(
                                    PostgresServer.USER,
                                    settings.postgresPort(),
                                    DatastoreParts.DATABASE));
            own.put("WRENN_DATABASE_PASSWORD_FILE", secret("postgres"));
        } else {
            own.put("DATABASE_URL", settings.databaseUrl());
        }
        if (settings.embeddedRedis()) {
            own.put("REDIS_URL", "redis://127.0.0.1:" + settings.redisPort());
            own.put("WRENN_REDIS_PASSWORD_FILE", secret("redis"));
        } else {
            own.put("REDIS_URL", settings.redisUrl());
        }
        own.put("WRENN_CP_LISTEN_ADDR", settings.listen());
        own.put("WRENN_CA_CERT", pki.authority().toString());
        own.put("WRENN_CA_KEY", pki.key(Pki.AUTHORITY).toString());
        own.put("WRENN_JWT_SECRET_FILE", secret(TOKEN_SECRET));
        own.put("WRENN_ENCRYPTION_KEY_FILE", secret(ENCRYPTION_KEY));
        if (!inherited.containsKey(PUBLIC_URL)) own.put(PUBLIC_URL, settings.apiUrl());
        if (!inherited.containsKey(MAIL_DIR)) own.put(MAIL_DIR, data.mail().toString());
        if (!inherited.containsKey(OBJECTS)) own.put(OBJECTS, data.objects().toString());
        own.put("WRENN_BOOTSTRAP_FILE", data.bootstrap().toString());
        return Map.copyOf(own);
    }

    private String secret(String name) {
        return data.secrets().resolve(name).toString();
    }

    /// It listens once it can serve; to ask more than that would have this process load a client.
    private boolean agentAnswers() {
        return Ports.accepts(settings.agentPort(), PROBE);
    }

    private boolean pagerAnswers() {
        try {
            UnixSockets.connect(data.host().resolve(PagerMain.SOCKET)).close();
            return true;
        } catch (ErrnoException e) {
            return false; // none, or one that has just ended
        }
    }

    private boolean controlAnswers() {
        return status("/health") == HttpURLConnection.HTTP_OK;
    }

    /// @return 0 when there is no answer
    private int status(String path) {
        try {
            var connection = URI.create(settings.apiUrl() + path).toURL().openConnection();
            connection.setConnectTimeout((int) PROBE.toMillis());
            connection.setReadTimeout((int) PROBE.toMillis());
            return ((HttpURLConnection) connection).getResponseCode();
        } catch (IOException e) {
            return 0;
        }
    }

    /// Returns when a capsule could be created: the control plane is ready, which includes its
    /// stores and a host, and the host has a template and room.
    ///
    /// @throws InstanceException when that takes longer than the limit
    void awaitReady(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            if (status("/ready") == HttpURLConnection.HTTP_OK) return;
            if (System.nanoTime() > end)
                throw new InstanceException(
                        "not ready after " + limit.toSeconds() + " s: " + missing());
            Thread.sleep(POLL);
        }
    }

    /// What keeps a capsule from being created, as far as it can be found out.
    private String missing() {
        try (var link = new AgentLink(pki, settings.agentPort())) {
            var host = link.host(PROBE);
            if (!host.getReady()) return "the host: " + host.getNotReadyReason();
        } catch (ConnectException | Tls.TlsException e) {
            return "the host agent does not answer: " + e.getMessage();
        }
        int ready = status("/ready");
        return "the control plane's /ready answers " + (ready == 0 ? "nothing" : ready);
    }
}
