package dev.wrenn.control.server;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.proxy.ProxyClient;
import dev.wrenn.common.runtime.Metrics;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.control.api.ApiServer;
import dev.wrenn.control.api.PortProxy;
import dev.wrenn.control.bus.Redis;
import dev.wrenn.control.bus.RedisBuildQueue;
import dev.wrenn.control.bus.RedisCapsuleEvents;
import dev.wrenn.control.domain.builds.BuildParts;
import dev.wrenn.control.domain.builds.Builds;
import dev.wrenn.control.domain.capsules.CapsuleFiles;
import dev.wrenn.control.domain.capsules.CapsuleMetrics;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Elsewhere;
import dev.wrenn.control.domain.capsules.Orders;
import dev.wrenn.control.domain.capsules.Pauses;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.capsules.Transitions;
import dev.wrenn.control.domain.cleanup.TeamCleanup;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.domain.hosts.Placement;
import dev.wrenn.control.domain.hosts.PlacementStore;
import dev.wrenn.control.domain.hosts.Roomiest;
import dev.wrenn.control.domain.hosts.RoundRobin;
import dev.wrenn.control.domain.network.Networks;
import dev.wrenn.control.domain.ports.PortCache;
import dev.wrenn.control.domain.reconcile.IntentSweep;
import dev.wrenn.control.domain.reconcile.Reconciler;
import dev.wrenn.control.domain.snapshots.Snapshots;
import dev.wrenn.control.hostlink.AgentNames;
import dev.wrenn.control.hostlink.HostLinks;
import dev.wrenn.control.images.Bounds;
import dev.wrenn.control.images.Registry;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.LeaderLock;
import dev.wrenn.control.store.Notices;
import dev.wrenn.control.store.PgBuildStore;
import dev.wrenn.control.store.PgCapsuleStore;
import dev.wrenn.control.store.PgHostStore;
import dev.wrenn.control.store.PgMetricStore;
import dev.wrenn.control.store.PgNetworkStore;
import dev.wrenn.control.store.PgPlacementStore;
import dev.wrenn.control.store.PgPortStore;
import dev.wrenn.control.store.PgRemains;
import dev.wrenn.control.store.PgSeedStore;
import dev.wrenn.control.store.PgSnapshotStore;
import dev.wrenn.control.store.PgTemplateStore;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/// A running control plane.
public final class Control implements AutoCloseable {
    /// How long orders under way may take to finish when it stops; what does not keeps its intent
    /// and is taken up by the next one.
    private static final Duration LAST_ORDERS = Duration.ofSeconds(5);

    private static final Duration FORGETTING = Duration.ofMinutes(10); // what is kept for a week

    private static final Duration DIAL = Duration.ofSeconds(3); // an agent, for a proxied request

    private final ApiServer api;
    private final Teardown parts;

    private Control(ApiServer api, Teardown parts) {
        this.api = api;
        this.parts = parts;
    }

    /// Connects to everything and serves. The database must answer within 60 s; Redis and hosts may
    /// come later.
    public static Control start(ControlConfig config) throws InterruptedException {
        try (var undo = new Teardown()) {
            var metrics = new Metrics();
            var database =
                    undo.add(
                            Database.open(
                                    config.database(),
                                    config.connections(),
                                    ControlConfig.startPatience()));
            seed(config, database);
            var redis = undo.add(Redis.open(config.redisUrl(), config.redisPassword()));
            var events = undo.add(new RedisCapsuleEvents(redis, metrics));
            var store = new PgCapsuleStore(database);
            var templates = new PgTemplateStore(database);
            var hosts = new HostDirectory(InstantSource.system());
            var fleet = new FleetParts(config, database);
            var transitions = new Transitions(store, events);
            var policies = new PgNetworkStore(database);
            var networks = new Networks(policies, hosts);
            var images = new ImageParts(config, database, undo);
            var orders =
                    new Orders(
                            transitions,
                            hosts,
                            templates::defaults,
                            policies::egress,
                            images.carrier());
            var reconciler =
                    new Reconciler(
                            store, transitions, hosts, policies, images.carrier(), fleet::heard);
            var links =
                    undo.add(
                            new HostLinks(
                                    new PgHostStore(database), hosts, reconciler, fleet.keys()));
            links.refresh();
            undo.onClose(() -> orders.stop(LAST_ORDERS));
            undo.add(Periodic.start("hosts", HostLinks.PERIOD, links::refresh));
            var snapshots =
                    new Snapshots(
                            new PgSnapshotStore(database),
                            templates,
                            store,
                            hosts,
                            images.copies(hosts),
                            new SecureRandom(),
                            config.limits().team());
            sweep(undo, database, new IntentSweep(store, orders), snapshots);
            gauges(metrics, hosts, orders);
            var facts = new PgPlacementStore(database);
            var placement = placement(config, facts);
            var capsules =
                    new Capsules(
                            store,
                            templates,
                            hosts,
                            placement,
                            facts,
                            config.limits(),
                            transitions,
                            orders,
                            images.carrier(),
                            CapsuleId::random);
            capsules.onPlacement(
                    metrics.timer(
                                    "wrenn_placement",
                                    "Time until a new capsule is stored with its host")
                            ::record);
            var identity = new IdentityParts(config.identity(), config.limits(), database, undo);
            var elsewhere =
                    new Elsewhere(store, hosts, placement, facts, transitions, images.carrier());
            var pauses =
                    new Pauses(
                            store, hosts, transitions, orders, elsewhere, config.limits().team());
            var measured = new CapsuleMetrics(store, hosts, new PgMetricStore(database));
            var routes = new PortCache(new PgPortStore(database), System::nanoTime);
            transitions.onChange(routes::changed);
            var ports =
                    new PortProxy(
                            routes,
                            hosts,
                            capsules,
                            pauses,
                            identity.authenticator(),
                            undo.add(
                                    ProxyClient.start(
                                            "ports",
                                            DIAL,
                                            fleet.keys(),
                                            Optional.of(new AgentNames(hosts)))),
                            fleet::dial,
                            metrics);
            var registry =
                    undo.add(
                            Registry.start(
                                    config.identity().channels().targets(),
                                    Bounds.DEFAULT,
                                    Path.of(System.getProperty("java.io.tmpdir"))));
            var builds =
                    new Builds(
                            new PgBuildStore(database),
                            new RedisBuildQueue(redis),
                            new BuildParts(
                                    templates, capsules, hosts, registry, config.limits().team()),
                            config.builds().layerBytes());
            var api =
                    undo.add(
                            ApiServer.start(
                                    config.api(),
                                    capsules,
                                    new Processes(hosts),
                                    new CapsuleFiles(hosts),
                                    pauses,
                                    measured,
                                    snapshots,
                                    templates,
                                    networks,
                                    builds,
                                    config.limits(),
                                    identity.forApi(),
                                    fleet.forApi(store, capsules, hosts, images.chunks()),
                                    ports,
                                    new Ready(database, redis, hosts),
                                    metrics));
            identity.startPeriodic(redis, undo);
            fleet.startPeriodic(store, transitions, hosts, undo);
            build(undo, database, builds, config.builds().workers());
            images.startPeriodic(hosts, undo);
            tell(undo, database, networks);
            keep(undo, database, measured);
            clean(undo, database, new TeamCleanup(new PgRemains(database), capsules, snapshots));
            undo.add(
                    Notices.listen(
                            database,
                            new Followed(identity.authenticator(), api, routes, capsules)));
            return new Control(api, undo.keep());
        }
    }

    private static Placement placement(ControlConfig config, PlacementStore facts) {
        return switch (config.fleet().placement()) {
            case ROOMIEST -> new Roomiest(facts, new SecureRandom());
            case ROUND_ROBIN -> new RoundRobin();
        };
    }

    private static void seed(ControlConfig config, Database database) {
        if (config.bootstrap().isEmpty()) return;
        var random = new SecureRandom();
        new PgSeedStore(database, random).seed(Bootstrap.read(config.bootstrap().get(), random));
    }

    /// Two leads: removing files of templates must not delay what capsules wait for.
    private static void sweep(
            Teardown undo, Database database, IntentSweep intents, Snapshots snapshots) {
        var intentLead = undo.add(new LeaderLock(database, "intent-sweep"));
        undo.add(
                Periodic.start(
                        "sweep",
                        IntentSweep.PERIOD,
                        () -> {
                            if (intentLead.held()) intents.tick();
                        }));
        undo.add(Periodic.start("snapshot-renewal", Snapshots.RENEWAL, snapshots::renew));
        var snapshotLead = undo.add(new LeaderLock(database, "snapshot-sweep"));
        undo.add(
                Periodic.start(
                        "snapshot-sweep",
                        Snapshots.PERIOD,
                        () -> {
                            if (snapshotLead.held()) snapshots.sweep();
                        }));
    }

    /// Builds under way are given up when this stops: another replica, or the next start, begins
    /// them anew.
    private static void build(Teardown undo, Database database, Builds builds, int workers) {
        var lead = undo.add(new LeaderLock(database, "build-sweep"));
        undo.add(
                Periodic.start(
                        "build-sweep",
                        Builds.PERIOD,
                        () -> {
                            if (lead.held()) builds.sweep();
                        }));
        undo.add(BuildWorkers.start(builds, workers));
    }

    private static void tell(Teardown undo, Database database, Networks networks) {
        var lead = undo.add(new LeaderLock(database, "network-sweep"));
        undo.add(
                Periodic.start(
                        "network-sweep",
                        Networks.PERIOD,
                        () -> {
                            if (lead.held()) networks.sweep();
                        }));
    }

    private static void keep(Teardown undo, Database database, CapsuleMetrics measured) {
        var lead = undo.add(new LeaderLock(database, "metric-keeping"));
        undo.add(
                Periodic.start(
                        "metric-keeping",
                        CapsuleMetrics.PERIOD,
                        () -> {
                            if (lead.held()) measured.tick();
                        }));
        undo.add(
                Periodic.start(
                        "metric-forgetting",
                        FORGETTING,
                        () -> {
                            if (lead.held()) measured.forget();
                        }));
    }

    private static void clean(Teardown undo, Database database, TeamCleanup cleanup) {
        var lead = undo.add(new LeaderLock(database, "team-cleanup"));
        undo.add(
                Periodic.start(
                        "team-cleanup",
                        TeamCleanup.PERIOD,
                        () -> {
                            if (lead.held()) cleanup.sweep();
                        }));
    }

    private static void gauges(Metrics metrics, HostDirectory hosts, Orders orders) {
        metrics.gauge(
                "wrenn_hosts_ready",
                "Hosts that can take capsules",
                () -> hosts.all().stream().filter(HostView::ready).count());
        metrics.gauge(
                "wrenn_hosts_registered",
                "Hosts this control plane knows",
                () -> hosts.all().size());
        metrics.gauge(
                "wrenn_orders_in_progress",
                "Capsules being booted, paused or resumed",
                orders::count);
    }

    /// The port of the API.
    public int port() {
        return api.port();
    }

    /// Stops accepting, lets requests and orders finish for a few seconds, closes WebSockets with
    /// 1001 and everything else in turn.
    @Override
    public void close() {
        parts.close();
    }
}
