package dev.wrenn.host.agent;

import dev.wrenn.common.connect.Tls;
import dev.wrenn.common.runtime.Backoff;
import dev.wrenn.common.runtime.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.JsonNodeFactory;

/// This host's place in the fleet: registers once, then proves itself with what it got and renews
/// that in time. Every renewal is on disk before it is used. Thread-safe.
final class Membership implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    /// What to do when nothing is good any more.
    static final String REENROL =
            "make a new registration token (wrenn host token ID) and start the agent with"
                    + " --register";

    private final FleetConfig config;
    private final Path dataDir;
    private final ControlPlane controlPlane;
    private final MachineFacts machine;
    private final InstantSource clock;
    private final SslContextFactory.Server tls;
    private volatile HostCredentials credentials;

    private Membership(
            FleetConfig config,
            Path dataDir,
            ControlPlane controlPlane,
            MachineFacts machine,
            InstantSource clock,
            HostCredentials credentials) {
        this.config = config;
        this.dataDir = dataDir;
        this.controlPlane = controlPlane;
        this.machine = machine;
        this.clock = clock;
        this.credentials = credentials;
        this.tls = Tls.server(credentials.papers());
    }

    /// Takes up what an earlier life left, or registers; waits for the control plane when it needs
    /// it for that.
    ///
    /// @param machine what is told of it when it registers
    /// @throws AgentException when neither is possible
    static Membership open(
            FleetConfig config, Path dataDir, MachineFacts machine, InstantSource clock)
            throws InterruptedException {
        var controlPlane = new ControlPlane(config.controlPlanes());
        boolean opened = false;
        try {
            var known =
                    HostCredentials.read(dataDir)
                            .filter(c -> c.controlPlane().equals(config.controlPlaneText()));
            var credentials =
                    known.isPresent() && !known.get().expired(clock.instant())
                            ? known.get()
                            : enrol(config, dataDir, controlPlane, machine, known, clock);
            LOG.atInfo()
                    .addKeyValue("host", credentials.host())
                    .addKeyValue("certificate_ends", credentials.ends())
                    .log("member of the fleet");
            opened = true;
            return new Membership(config, dataDir, controlPlane, machine, clock, credentials);
        } finally {
            if (!opened) controlPlane.close();
        }
    }

    private static HostCredentials enrol(
            FleetConfig config,
            Path dataDir,
            ControlPlane controlPlane,
            MachineFacts machine,
            Optional<HostCredentials> known,
            InstantSource clock)
            throws InterruptedException {
        if (known.isPresent()) {
            LOG.atWarn()
                    .addKeyValue("host", known.get().host())
                    .addKeyValue("ended", known.get().ends())
                    .log("the certificate has expired: asking for another");
            var key = KeyRequest.fresh();
            var answer = patiently(() -> refresh(controlPlane, known.get(), key));
            if (answer instanceof ControlPlane.Answer.Done(var body))
                return keep(config, dataDir, body, key, clock);
        }
        if (config.registration().isEmpty())
            throw new AgentException("the host is not registered: " + REENROL);
        var key = KeyRequest.fresh();
        var answer = patiently(() -> register(config, controlPlane, machine, key));
        if (answer instanceof ControlPlane.Answer.Done(var body))
            return keep(config, dataDir, body, key, clock);
        throw new AgentException("the host is not registered: " + words(answer) + "; " + REENROL);
    }

    /// Asks until somebody answers.
    private static ControlPlane.Answer patiently(Ask ask) throws InterruptedException {
        var backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE, RandomGenerator.getDefault());
        boolean said = false;
        while (true) {
            var answer = ask.once();
            if (!(answer instanceof ControlPlane.Answer.Lost(var why))) return answer;
            if (!said) LOG.atInfo().log("waiting for the control plane: {}", why);
            said = true;
            Thread.sleep(backoff.next());
        }
    }

    private interface Ask {
        ControlPlane.Answer once() throws InterruptedException;
    }

    private static ControlPlane.Answer register(
            FleetConfig config, ControlPlane controlPlane, MachineFacts machine, KeyRequest key)
            throws InterruptedException {
        var body = JsonNodeFactory.instance.objectNode();
        body.put("token", config.registration().map(Secret::reveal).orElse(""))
                .put("arch", machine.arch())
                .put("cpu_cores", machine.cores())
                .put("memory_mb", machine.memoryMb())
                .put("disk_gb", machine.diskGb())
                .put("address", config.address())
                .put("csr_pem", key.pem());
        return controlPlane.post("/v1/hosts/register", body, Optional.empty());
    }

    private static ControlPlane.Answer refresh(
            ControlPlane controlPlane, HostCredentials known, KeyRequest key)
            throws InterruptedException {
        var body = JsonNodeFactory.instance.objectNode();
        body.put("refresh_token", known.refresh().reveal()).put("csr_pem", key.pem());
        return controlPlane.post("/v1/hosts/auth/refresh", body, Optional.empty());
    }

    private static HostCredentials keep(
            FleetConfig config,
            Path dataDir,
            tools.jackson.databind.JsonNode body,
            KeyRequest key,
            InstantSource clock) {
        var fresh =
                HostCredentials.of(
                        body,
                        key.key(),
                        config.controlPlaneText(),
                        config.address(),
                        clock.instant());
        fresh.write(dataDir);
        return fresh;
    }

    private static String words(ControlPlane.Answer answer) {
        return answer instanceof ControlPlane.Answer.Refused(var status, var message)
                ? status + " " + message
                : "no answer";
    }

    /// For the listener; shows what was renewed without dropping a connection.
    SslContextFactory.Server tls() {
        return tls;
    }

    /// `host-…`.
    String host() {
        return credentials.host();
    }

    /// What came of saying that the host is alive.
    enum Beat {
        HEARD,
        /// Nobody answered who could.
        LOST,
        /// Nothing that this host has is good any more.
        REFUSED,
        /// The host was deleted.
        GONE
    }

    /// Says that the host is alive; gets everything anew when it is time, or when it must.
    Beat beat() throws InterruptedException {
        if (credentials.worn(clock.instant())) {
            var renewed = renew();
            if (renewed != Beat.HEARD && credentials.expired(clock.instant())) return renewed;
        }
        var first = say();
        if (!(first instanceof ControlPlane.Answer.Refused(var status, _))) return beat(first);
        if (status != 401 && status != 403) return beat(first);
        var renewed = renew();
        return renewed == Beat.HEARD ? beat(say()) : renewed;
    }

    private static Beat beat(ControlPlane.Answer answer) {
        return switch (answer) {
            case ControlPlane.Answer.Done _ -> Beat.HEARD;
            case ControlPlane.Answer.Lost(var why) -> {
                LOG.atWarn().log("heartbeat not heard: {}", why);
                yield Beat.LOST;
            }
            case ControlPlane.Answer.Refused(var status, var message) ->
                    switch (status) {
                        case 404 -> Beat.GONE;
                        case 401, 403 -> Beat.REFUSED;
                        default -> {
                            LOG.atWarn().log("heartbeat refused: {} {}", status, message);
                            yield Beat.LOST;
                        }
                    };
        };
    }

    private ControlPlane.Answer say() throws InterruptedException {
        var body = JsonNodeFactory.instance.objectNode().put("address", config.address());
        return controlPlane.post(
                "/v1/hosts/" + credentials.host() + "/heartbeat",
                body,
                Optional.of(credentials.token()));
    }

    /// Asks for bytes that are for this host.
    ///
    /// @param path below the host's own
    ControlPlane.Bytes get(String path) throws InterruptedException {
        return controlPlane.get("/v1/hosts/" + credentials.host() + path, credentials.token());
    }

    private synchronized Beat renew() throws InterruptedException {
        var key = KeyRequest.fresh();
        return switch (refresh(controlPlane, credentials, key)) {
            case ControlPlane.Answer.Done(var body) -> {
                use(keep(config, dataDir, body, key, clock));
                yield Beat.HEARD;
            }
            case ControlPlane.Answer.Lost(var why) -> {
                LOG.atWarn().log("credentials not renewed: {}", why);
                yield Beat.LOST;
            }
            case ControlPlane.Answer.Refused(var status, var message) -> {
                LOG.atError()
                        .addKeyValue("host", credentials.host())
                        .log("credentials refused: {} {}; {}", status, message, REENROL);
                yield registerAgain() ? Beat.HEARD : Beat.REFUSED;
            }
        };
    }

    private void use(HostCredentials fresh) {
        Tls.renew(tls, fresh.papers());
        credentials = fresh;
        LOG.atInfo()
                .addKeyValue("host", fresh.host())
                .addKeyValue("certificate_ends", fresh.ends())
                .log("credentials renewed");
    }

    /// With a token that was left for that.
    private boolean registerAgain() throws InterruptedException {
        if (config.registration().isEmpty()) return false;
        var key = KeyRequest.fresh();
        if (!(register(config, controlPlane, machine, key)
                instanceof ControlPlane.Answer.Done(var body))) return false;
        use(keep(config, dataDir, body, key, clock));
        return true;
    }

    /// The host was deleted: what it had is of no use.
    void forget() {
        HostCredentials.delete(dataDir);
    }

    @Override
    public void close() {
        controlPlane.close();
    }
}
