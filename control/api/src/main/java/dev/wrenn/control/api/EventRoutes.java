package dev.wrenn.control.api;

import dev.wrenn.common.runtime.Deadline;
import dev.wrenn.control.domain.audit.Envelope;
import dev.wrenn.control.domain.audit.EventLog;
import dev.wrenn.control.domain.audit.Outbox;
import dev.wrenn.control.domain.identity.Principal;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// `GET /v1/events`: what happens in the team, as server-sent events, from where the client left
/// off.
final class EventRoutes {
    private static final Access ACCESS = TeamAccess.LOOK;
    private static final Duration HEARTBEAT = Duration.ofSeconds(15); // proxies give up at 60 s
    private static final long LONGEST = Duration.ofDays(1).toSeconds();
    private static final int AT_ONCE = 200;
    private static final int MOST_VALUES = 100;
    private static final int LONGEST_VALUE = 128;

    private final EventLog log;
    private final LiveEvents live;

    EventRoutes(EventLog log, LiveEvents live) {
        this.log = log;
        this.live = live;
    }

    List<Route> routes() {
        return List.of(new Route("GET", "/v1/events", ACCESS, this::follow));
    }

    /// 200, going on until the client leaves, loses the right, or the wanted time is over; 400,
    /// 429.
    private Reply follow(Call call) {
        var who = call.principal();
        var names = values(call, "type");
        var resources = values(call, "resource");
        var limit = limit(call);
        long after = after(call).orElseGet(log::newest);
        var follower = live.enter(who, ACCESS);
        return new Reply.Live(
                follower,
                out -> tell(follower, who, new Wanted(names, resources), after, limit, out));
    }

    private record Wanted(List<String> names, List<String> resources) {
        EventLog.Query after(Principal who, long number) {
            return new EventLog.Query(who.team(), number, names, resources, AT_ONCE);
        }
    }

    private void tell(
            LiveEvents.Follower follower,
            Principal who,
            Wanted wanted,
            long after,
            Duration limit,
            OutputStream out)
            throws IOException, InterruptedException {
        var end = Deadline.after(limit);
        long told = after;
        long looked = after; // events of others count: they need not wake this client again
        write(out, ": events of " + who.team() + "\n\n");
        while (true) {
            long newest = Math.max(looked, log.newest());
            var items = log.find(wanted.after(who, told));
            for (var item : items) write(out, text(item));
            if (!items.isEmpty()) told = items.getLast().number();
            if (items.size() == AT_ONCE) continue;
            looked = newest;
            told = Math.max(told, looked);
            out.flush();
            if (end.passed()) return;
            var pause = end.left().compareTo(HEARTBEAT) < 0 ? end.left() : HEARTBEAT;
            if (!follower.await(looked, pause)) return;
            write(out, ":\n\n");
        }
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Outbox.Item item) {
        return "id: %d\nevent: %s\ndata: %s\n\n"
                .formatted(item.number(), item.event(), Json.text(Envelope.of(item)));
    }

    /// Where the client left off: browsers send the header by themselves.
    private static Optional<Long> after(Call call) {
        var text =
                call.header("Last-Event-ID")
                        .or(() -> call.query("last_event_id"))
                        .filter(t -> !t.isEmpty());
        if (text.isEmpty()) return Optional.empty();
        try {
            long number = Long.parseLong(text.get());
            if (number >= 0) return Optional.of(number);
        } catch (NumberFormatException e) {
            // answered below together with what is below 0
        }
        throw ApiException.invalid("Last-Event-ID: expected the id of an event");
    }

    private static Duration limit(Call call) {
        var text = call.query("timeout_sec").filter(t -> !t.isEmpty());
        if (text.isEmpty()) return Duration.ofSeconds(LONGEST);
        try {
            long seconds = Long.parseLong(text.get());
            if (seconds >= 0 && seconds <= LONGEST) return Duration.ofSeconds(seconds);
        } catch (NumberFormatException e) {
            // answered below together with what is out of bounds
        }
        throw ApiException.invalid("timeout_sec: expected 0 to " + LONGEST);
    }

    /// By repetition, by commas, or both.
    private static List<String> values(Call call, String name) {
        var all = new ArrayList<String>();
        for (var text : call.queries(name))
            for (var value : text.split(",", MOST_VALUES + 1)) {
                if (value.indexOf('\0') >= 0 || value.length() > LONGEST_VALUE)
                    throw ApiException.invalid(name + ": no such thing");
                if (!value.isBlank()) all.add(value.strip());
            }
        if (all.size() > MOST_VALUES) throw ApiException.invalid(name + ": too many values");
        return all;
    }
}
