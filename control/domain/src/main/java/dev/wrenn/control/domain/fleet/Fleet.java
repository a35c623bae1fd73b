package dev.wrenn.control.domain.fleet;

import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.domain.audit.Actor;
import dev.wrenn.control.domain.identity.Principal;
import dev.wrenn.control.domain.identity.Role;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Adding hosts, and what they prove themselves with. Thread-safe.
public final class Fleet {
    private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

    /// How long a registration token can be used.
    public static final Duration REGISTRATION = Duration.ofHours(1);

    /// How long a refresh token can be used.
    public static final Duration REFRESH = Duration.ofDays(60);

    /// A token that was revoked so short a time ago can still come from a request that was slow.
    private static final Duration REUSE_GRACE = Duration.ofSeconds(30);

    private final FleetStore store;
    private final CertificateAuthority authority;
    private final HostTokens tokens;
    private final RandomGenerator random;

    /// @param random must be fit for secrets
    public Fleet(
            FleetStore store,
            CertificateAuthority authority,
            HostTokens tokens,
            RandomGenerator random) {
        this.store = store;
        this.authority = authority;
        this.tokens = tokens;
        this.random = random;
    }

    /// A host and the token it can register with, which is shown this once.
    public record Made(FleetHost host, Secret registration) {}

    /// How adding a host ends.
    public sealed interface Added {
        record Done(Made made) implements Added {}

        /// The caller may not add this kind, or the team may not have any.
        record Forbidden(String why) implements Added {}
    }

    /// What a host needs to be one.
    public record Papers(
            FleetHost host,
            Secret token,
            Secret refresh,
            CertificateAuthority.Signed certificate) {}

    /// How an agent's call for papers ends.
    public sealed interface Enrolment {
        record Done(Papers papers) implements Enrolment {}

        /// The certificate cannot be made; the token is as good as before.
        record BadRequest() implements Enrolment {}

        /// The token is unknown, used, revoked or too old.
        record Refused() implements Enrolment {}
    }

    /// Adds a host for who may have it.
    public Added add(
            Principal caller,
            HostType type,
            Optional<TeamId> team,
            Optional<String> provider,
            Optional<String> zone) {
        if (type == HostType.REGULAR && !caller.platformAdmin())
            return new Added.Forbidden("only the platform's administrators add regular hosts");
        if (type == HostType.BYOC && !manages(caller, team))
            return new Added.Forbidden("not a team that the caller administers");
        var registration = HostTokenText.random(random);
        var host =
                new NewHost(
                        new HostId(UUID.randomUUID()),
                        type,
                        type == HostType.BYOC ? team : Optional.empty(),
                        provider,
                        zone,
                        caller.user(),
                        caller.actor());
        return store.create(host, token(registration, REGISTRATION))
                .<Added>map(made -> new Added.Done(new Made(made, registration)))
                .orElseGet(() -> new Added.Forbidden("the team does not bring hosts of its own"));
    }

    /// The hosts that a caller sees.
    public List<FleetHost> list(Principal caller) {
        return store.list(caller.platformAdmin() ? Optional.empty() : Optional.of(caller.team()));
    }

    /// @return empty also for a host that the caller does not see
    public Optional<FleetHost> find(Principal caller, HostId id) {
        return store.find(id).filter(host -> sees(caller, host));
    }

    private static boolean sees(Principal caller, FleetHost host) {
        return caller.platformAdmin() || host.team().equals(Optional.of(caller.team()));
    }

    private static boolean manages(Principal caller, Optional<TeamId> team) {
        if (caller.platformAdmin()) return team.isPresent();
        return team.equals(Optional.of(caller.team())) && caller.has(Role.ADMIN);
    }

    /// A new registration token for a host that has none of its own or cannot use it any more.
    ///
    /// @return empty when the host is in a state that needs none
    public Optional<Secret> renewRegistration(HostId id, Actor by) {
        var registration = HostTokenText.random(random);
        return store.renewRegistration(id, token(registration, REGISTRATION), by)
                ? Optional.of(registration)
                : Optional.empty();
    }

    /// A host registers.
    ///
    /// @param request its certificate request, in PEM
    public Enrolment register(String registration, Machine machine, String request) {
        if (!HostTokenText.valid(registration)) return new Enrolment.Refused();
        if (!authority.acceptable(request)) return new Enrolment.BadRequest();
        var refresh = HostTokenText.random(random);
        var stored = token(refresh, REFRESH);
        var host = store.redeem(HostTokenText.hash(registration), machine, stored);
        if (host.isEmpty()) return new Enrolment.Refused();
        LOG.atInfo()
                .addKeyValue("host", host.get().id())
                .addKeyValue("address", machine.address())
                .log("host registered");
        return papers(host.get(), refresh, stored, request);
    }

    /// A host gets everything anew. What it has stays good until it uses what it got: wherever
    /// either side is cut short, it has something to go on with.
    public Enrolment refresh(String shown, String request) {
        if (!HostTokenText.valid(shown)) return new Enrolment.Refused();
        if (!authority.acceptable(request)) return new Enrolment.BadRequest();
        var refresh = HostTokenText.random(random);
        var stored = token(refresh, REFRESH);
        return store.rotate(HostTokenText.hash(shown), stored, REUSE_GRACE)
                .map(host -> papers(host, refresh, stored, request))
                .orElseGet(Enrolment.Refused::new);
    }

    private Enrolment papers(
            FleetHost host, Secret refresh, FleetStore.Token stored, String request) {
        var address =
                host.machine()
                        .flatMap(machine -> HostAddress.parse(machine.address()))
                        .map(HostAddress::host)
                        .orElse("");
        var certificate = authority.sign(request, host.id(), address);
        store.certified(host.id(), certificate.ends());
        var token = tokens.issue(host.id(), stored.id());
        return new Enrolment.Done(new Papers(host, token, refresh, certificate));
    }

    /// A host is alive.
    ///
    /// @param address where its agent is now; empty: unchanged
    public FleetStore.Beat heartbeat(HostTokens.Claims who, Optional<String> address) {
        return store.heartbeat(who.host(), who.refresh(), address);
    }

    /// Sets a host aside, or takes it back.
    public Optional<FleetHost> drain(HostId id, boolean draining, Actor by) {
        return store.drain(id, draining, by);
    }

    /// @return false when there is no such host
    public boolean addTag(HostId id, String tag, Actor by) {
        return store.addTag(id, tag, by);
    }

    /// @return false when there is no such host
    public boolean removeTag(HostId id, String tag, Actor by) {
        return store.removeTag(id, tag, by);
    }

    private static FleetStore.Token token(Secret text, Duration life) {
        return new FleetStore.Token(UUID.randomUUID(), HostTokenText.hash(text.reveal()), life);
    }
}
