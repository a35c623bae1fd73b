package dev.wrenn.control.domain.channels;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.identity.Principal;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/// Making, changing, trying and removing channels. Thread-safe.
public final class Channels {
    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,63}");
    private static final int LONGEST_VALUE = 4096;
    private static final int PER_TEAM = 100;
    private static final int AT_ONCE = 100;
    private static final int SECRET_BYTES = 32;
    private static final String SECRET = "secret";

    private final ChannelStore store;
    private final Map<String, Provider> providers;
    private final Seals seals;
    private final Courier courier;
    private final RandomGenerator random;
    private final InstantSource clock;

    /// Something that cannot be used; the message begins with the field.
    public static final class InvalidException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        InvalidException(String message) {
            super(message, null, false, false); // an answer, not an accident
        }
    }

    /// @param random cryptographically strong
    public Channels(
            ChannelStore store,
            Map<String, Provider> providers,
            Seals seals,
            Courier courier,
            RandomGenerator random,
            InstantSource clock) {
        this.store = store;
        this.providers = Map.copyOf(providers);
        this.seals = seals;
        this.courier = courier;
        this.random = random;
        this.clock = clock;
    }

    /// @param secret of a webhook, shown this once
    public record Made(ChannelStore.Stored stored, Optional<String> secret) {}

    /// @throws InvalidException naming the field
    public Made create(
            Principal by,
            String name,
            String provider,
            Map<String, String> config,
            List<String> events) {
        var known = provider(provider);
        var full = config(known, config);
        var id = ChannelId.random();
        var fresh =
                new ChannelStore.Fresh(
                        id, by.team(), name(name), provider, seals.seal(id, full), events(events));
        var stored = store.insert(fresh, PER_TEAM, by.actor());
        return new Made(stored, Optional.ofNullable(full.get(SECRET)));
    }

    /// By name.
    public List<Channel> list(TeamId team) {
        return store.of(team);
    }

    public Optional<Channel> find(TeamId team, ChannelId id) {
        return store.find(team, id);
    }

    /// What is empty stays.
    ///
    /// @throws InvalidException naming the field
    public ChannelStore.Stored change(
            Principal by, ChannelId id, Optional<String> name, Optional<List<String>> events) {
        return store.change(
                by.team(), id, name.map(Channels::name), events.map(Channels::events), by.actor());
    }

    /// Replaces the whole configuration.
    ///
    /// @throws InvalidException naming the field
    public Made configure(Principal by, ChannelId id, Map<String, String> config) {
        var channel = store.find(by.team(), id);
        if (channel.isEmpty())
            return new Made(new ChannelStore.Stored.NotFound(), Optional.empty());
        var full = config(provider(channel.get().provider()), config);
        var stored = store.configure(by.team(), id, seals.seal(id, full), by.actor());
        return new Made(stored, Optional.ofNullable(full.get(SECRET)));
    }

    /// @return false when the team has no such channel
    public boolean delete(Principal by, ChannelId id) {
        return store.delete(by.team(), id, by.actor());
    }

    /// Sends a test message; stores nothing.
    ///
    /// @throws InvalidException naming the field
    public Delivered test(Principal by, String provider, Map<String, String> config) {
        var known = provider(provider);
        var message = Message.test(UUID.randomUUID(), by.actor(), clock.instant());
        return courier.deliver(known.request(config(known, config), message));
    }

    /// Seals with the present key what an earlier one sealed.
    ///
    /// @throws Seals.BrokenException when a value cannot be opened by any key
    public void reseal() {
        var last = new ChannelId(new UUID(0, 0));
        while (true) {
            var some = store.sealed(last, AT_ONCE);
            if (some.isEmpty()) return;
            for (var one : some) {
                var config = seals.open(one.id(), one.values());
                if (!seals.fresh(one.values())) store.reseal(one, seals.seal(one.id(), config));
            }
            last = some.getLast().id();
        }
    }

    private Provider provider(String name) {
        var provider = providers.get(name);
        if (provider == null)
            throw new InvalidException(
                    "provider: expected one of "
                            + String.join(", ", providers.keySet().stream().sorted().toList()));
        return provider;
    }

    private Map<String, String> config(Provider provider, Map<String, String> given) {
        var config = new LinkedHashMap<String, String>();
        given.forEach((name, value) -> config.put(name, value.strip()));
        for (var name : provider.required())
            if (config.getOrDefault(name, "").isEmpty())
                throw new InvalidException("config." + name + ": missing");
        for (var entry : config.entrySet()) {
            if (!provider.required().contains(entry.getKey())
                    && !provider.optional().contains(entry.getKey()))
                throw new InvalidException(
                        "config: a name that " + provider.wire() + " does not know");
            if (entry.getValue().length() > LONGEST_VALUE
                    || entry.getValue().chars().anyMatch(Character::isISOControl))
                throw new InvalidException("config." + entry.getKey() + ": not usable");
        }
        config.values().removeIf(String::isEmpty);
        if (provider.optional().contains(SECRET)) config.computeIfAbsent(SECRET, _ -> secret());
        var problem = provider.problem(config);
        if (problem.isPresent()) throw new InvalidException("config." + problem.get());
        return config;
    }

    private String secret() {
        var bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static String name(String text) {
        var name = text.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", "-");
        if (!NAME.matcher(name).matches())
            throw new InvalidException(
                    "name: expected 1 to 64 letters, digits, dots, dashes or underscores");
        return name;
    }

    private static List<String> events(List<String> given) {
        var events = new LinkedHashSet<>(given);
        if (events.isEmpty()) throw new InvalidException("events: expected at least one");
        for (var event : events)
            if (!EventNames.ALL.contains(event))
                throw new InvalidException(
                        "events: expected some of " + String.join(", ", EventNames.ALL));
        return List.copyOf(events);
    }
}
