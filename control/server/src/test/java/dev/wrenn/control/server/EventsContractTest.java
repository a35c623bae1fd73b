package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.json.JsonMapper;

/// Following what happens in a team.
class EventsContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();

    private static final String END = "end of the stream";

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private record Event(long id, String name, String resource) {}

    private static List<Event> parse(String text) {
        var all = new ArrayList<Event>();
        for (var block : text.split("\n\n")) {
            if (block.startsWith(":") || block.isBlank()) continue;
            var lines = block.split("\n");
            var data = JsonMapper.shared().readTree(lines[2].substring("data: ".length()));
            ContractCheck.validate("Event", data);
            assertThat(lines[1]).isEqualTo("event: " + data.path("event").asString());
            all.add(
                    new Event(
                            Long.parseLong(lines[0].substring("id: ".length())),
                            data.path("event").asString(),
                            data.at("/resource/id").asString()));
        }
        return all;
    }

    private static List<Event> now(ApiProbe who, String query) {
        var answer = who.get("/v1/events?timeout_sec=0" + query);
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        return parse(answer.text());
    }

    /// What comes line by line until the server ends it.
    private static LinkedBlockingQueue<String> follow(ApiProbe who, String query) {
        var lines = new LinkedBlockingQueue<String>();
        var uri = who.socket("/v1/events" + query).toString().replaceFirst("ws", "http");
        var request = HttpRequest.newBuilder(URI.create(uri));
        who.headers().forEach(request::header);
        ApiProbe.HTTP
                .sendAsync(request.build(), BodyHandlers.ofLines())
                .thenAccept(answer -> answer.body().forEach(lines::add))
                .whenComplete((_, _) -> lines.add(END));
        return lines;
    }

    private static String awaitLine(LinkedBlockingQueue<String> lines, String start, Duration limit)
            throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            var line = lines.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (line == null) throw new AssertionError("nothing with " + start + " in " + limit);
            if (line.startsWith(start)) return line;
        }
    }

    @Test
    void aProgramGoesOnWhereItLeftOff() {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        var first = ada.api().post("/v1/capsules", "{}").id();
        var second = ada.api().post("/v1/capsules", "{}").id();
        ada.api().delete("/v1/capsules/" + first);
        Stack.await(Duration.ofSeconds(5), () -> now(ada.api(), "&last_event_id=0").size() == 3);
        var all = now(ada.api(), "&last_event_id=0");
        assertThat(all.stream().map(e -> e.name() + " " + e.resource()))
                .containsExactly(
                        "capsule.created " + first,
                        "capsule.created " + second,
                        "capsule.destroyed " + first);
        assertThat(all).isSortedAccordingTo(java.util.Comparator.comparing(Event::id));
        var after = "&last_event_id=" + all.get(1).id();
        assertThat(now(ada.api(), after)).containsExactly(all.get(2));
        assertThat(now(ada.api(), "")).as("from now on").isEmpty();
        assertThat(now(grace.api(), "&last_event_id=0")).as("another team's").isEmpty();
        assertThat(now(ada.key("read-only"), "&last_event_id=0&type=capsule.destroyed"))
                .containsExactly(all.get(2));
        assertThat(now(ada.api(), "&last_event_id=0&resource=" + second))
                .containsExactly(all.get(1));
        for (var wrong : List.of("last_event_id=x", "last_event_id=-1", "timeout_sec=-1"))
            assertThat(ada.api().get("/v1/events?" + wrong).status()).isEqualTo(400);
    }

    @Test
    void whatHappensIsToldWhileSomebodyFollows() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var lines = follow(ada.key("full"), "");
        awaitLine(lines, ": events of " + ada.team(), Duration.ofSeconds(5));
        var id = ada.api().post("/v1/capsules", "{}").id();
        var told = awaitLine(lines, "data: ", Duration.ofSeconds(5));
        assertThat(told).contains("capsule.created", id, ada.team());
    }

    @Test
    void whoLosesTheRightIsSentAway() throws Exception {
        var ada = Person.signUp(api, "Ada");
        var grace = Person.signUp(api, "Grace");
        ada.adds(grace, "member");
        var lines = follow(grace.in(ada.team()).api(), "");
        var others = follow(ada.api(), "");
        awaitLine(lines, ": events", Duration.ofSeconds(5));
        awaitLine(others, ": events", Duration.ofSeconds(5));
        ada.api().delete("/v1/teams/" + ada.team() + "/members/" + grace.id());
        awaitLine(lines, END, Duration.ofSeconds(1));
        ada.api().post("/v1/capsules", "{}");
        awaitLine(others, "data: ", Duration.ofSeconds(5));
        assertThat(lines).isEmpty();
    }

    @Test
    void aStoppingControlPlaneLetsEverybodyGo() throws Exception {
        try (var other = new Stack(POSTGRES, REDIS)) {
            var second = other.control();
            var lines = follow(other.probe(second), "");
            awaitLine(lines, ": events", Duration.ofSeconds(5));
            second.close();
            awaitLine(lines, END, Duration.ofSeconds(5));
        }
    }
}
