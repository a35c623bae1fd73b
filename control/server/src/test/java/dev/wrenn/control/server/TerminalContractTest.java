package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.testing.PostgresFixture;
import dev.wrenn.common.testing.RedisFixture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import tools.jackson.databind.JsonNode;

/// Terminals through the real API.
class TerminalContractTest {
    @RegisterExtension static final PostgresFixture POSTGRES = new PostgresFixture();
    @RegisterExtension static final RedisFixture REDIS = new RedisFixture();
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String START = "{\"type\":\"start\",\"cmd\":\"cat\"}";

    private static Stack stack;
    private static Control control;
    private static ApiProbe api;
    private static String id;

    @BeforeAll
    static void start() throws Exception {
        stack = new Stack(POSTGRES, REDIS);
        control = stack.control();
        api = stack.probe(control);
        id = api.post("/v1/capsules", "{}").id();
    }

    @AfterAll
    static void stop() throws Exception {
        control.close();
        stack.close();
    }

    private static ExecProbe open(String key) {
        return ExecProbe.open(
                api.socket("/v1/sandboxes/" + id + "/pty"), key, "TerminalServerMessage");
    }

    private static ExecProbe terminal(String first) {
        return open(stack.key).send(first);
    }

    /// The next message of this type; pings may come in between.
    private static JsonNode next(ExecProbe socket, String type) throws InterruptedException {
        var message = socket.next();
        while (message.path("type").asString().equals("ping") && !type.equals("ping"))
            message = socket.next();
        assertThat(message.path("type").asString()).as("%s", message).isEqualTo(type);
        return message;
    }

    private static String output(ExecProbe socket, String until) throws InterruptedException {
        var text = new StringBuilder();
        while (text.indexOf(until) < 0) {
            var data = next(socket, "output").path("data").asString();
            text.append(new String(Base64.getDecoder().decode(data), StandardCharsets.ISO_8859_1));
        }
        return text.toString();
    }

    private static String input(String text) {
        return "{\"type\":\"input\",\"data\":\""
                + Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.ISO_8859_1))
                + "\"}";
    }

    private static String connect(String tag) {
        return "{\"type\":\"connect\",\"tag\":\"" + tag + "\"}";
    }

    @Test
    void itStartsEchoesAndIsKilled() throws Exception {
        try (var socket = terminal(START)) {
            var started = next(socket, "started");
            assertThat(started.path("tag").asString()).matches("pty-[0-9a-f]{8}");
            assertThat(started.path("pid").asInt()).isPositive();
            socket.send(input("typed"));
            assertThat(output(socket, "typed")).isEqualTo("cat$ typed");
            socket.send("{\"type\":\"kill\"}");
            assertThat(next(socket, "exit").path("exit_code").asInt()).isEqualTo(137);
            assertThat(socket.closeCode()).isEqualTo(1000);
        }
    }

    @Test
    void everythingOfStartArrives() throws Exception {
        try (var socket =
                terminal(
                        "{\"type\":\"start\",\"cmd\":\"who\",\"user\":\"ada\",\"cwd\":\"/tmp\","
                                + "\"envs\":{\"A\":\"b\"},\"cols\":132,\"rows\":50}")) {
            next(socket, "started");
            assertThat(output(socket, "x50")).isEqualTo("ada /tmp {A=b} 132x50");
        }
        try (var socket = terminal("{\"type\":\"start\"}")) {
            next(socket, "started");
            assertThat(output(socket, "$ ")).isEqualTo("/bin/bash$ ");
        }
    }

    @Test
    void inputAndResizesKeepTheirOrder() throws Exception {
        try (var socket = terminal(START)) {
            var expected = new StringBuilder("cat$ ");
            for (int i = 1; i <= 300; i++) {
                socket.send(input("k" + i + ";"));
                expected.append('k').append(i).append(';');
                if (i % 10 != 0) continue;
                socket.send("{\"type\":\"resize\",\"cols\":" + i + ",\"rows\":9}");
                expected.append('<').append(i).append("x9>");
            }
            socket.send(input("end"));
            next(socket, "started");
            assertThat(output(socket, "end")).isEqualTo(expected + "end");
        }
    }

    @Test
    void everyByteArrives() throws Exception {
        var all = new StringBuilder();
        for (char c = 0; c < 256; c++) all.append(c);
        try (var socket = terminal(START)) {
            next(socket, "started");
            socket.send(input(all + "end"));
            assertThat(output(socket, "end")).isEqualTo("cat$ " + all + "end");
        }
    }

    @Test
    void whoComesBackSeesWhatWas() throws Exception {
        String tag;
        try (var socket = terminal(START)) {
            tag = next(socket, "started").path("tag").asString();
            socket.send(input("before"));
            output(socket, "before");
        }
        try (var one = terminal(connect(tag));
                var two = terminal(connect(tag))) {
            assertThat(next(one, "started").path("tag").asString()).isEqualTo(tag);
            assertThat(output(one, "before")).isEqualTo("cat$ before");
            next(two, "started");
            two.send(input("both"));
            assertThat(output(one, "both")).isEqualTo("both");
            assertThat(output(two, "both")).isEqualTo("cat$ beforeboth");
            two.send("{\"type\":\"kill\"}");
            next(one, "exit");
            next(two, "exit");
        }
        try (var late = terminal(connect(tag))) {
            next(late, "started");
            output(late, "both");
            next(late, "exit");
        }
    }

    @Test
    void whatIsTypedJustBeforeTheCloseIsStillTyped() throws Exception {
        String tag;
        try (var socket = terminal(START)) {
            tag = next(socket, "started").path("tag").asString();
            for (int i = 0; i < 50; i++) socket.send(input("x"));
            socket.send(input("last"));
            socket.leave();
        }
        try (var socket = terminal(connect(tag))) {
            next(socket, "started");
            assertThat(output(socket, "last")).isEqualTo("cat$ " + "x".repeat(50) + "last");
        }
    }

    @Test
    void aKillDoesNotWaitForAProgramThatDoesNotRead() throws Exception {
        try (var socket = terminal("{\"type\":\"start\",\"cmd\":\"deaf\"}")) {
            next(socket, "started");
            socket.send(input("unread")).send("{\"type\":\"kill\"}");
            output(socket, "deaf$ ");
            var message = socket.next();
            while (message.path("type").asString().equals("ping"))
                message = socket.send("{\"type\":\"pong\"}").next();
            while (message.path("type").asString().equals("output")) message = socket.next();
            assertThat(message.path("exit_code").asInt()).isEqualTo(137);
        }
    }

    @Test
    void mistakesAreToldAndForgiven() throws Exception {
        try (var socket = terminal(START)) {
            next(socket, "started");
            output(socket, "$ ");
            for (var wrong :
                    List.of(
                            "not json",
                            "[]",
                            "{\"type\":\"input\",\"data\":\"%%\"}",
                            "{\"type\":\"resize\",\"cols\":0,\"rows\":5}",
                            "{\"type\":\"resize\",\"cols\":80}")) {
                var error = next(socket.send(wrong), "error");
                assertThat(error.path("fatal").asBoolean()).as(wrong).isFalse();
            }
            socket.send("{\"type\":\"whatever\"}").send("{\"type\":\"pong\"}").send(input("on"));
            assertThat(output(socket, "on")).isEqualTo("on");
        }
    }

    @Test
    void whatCannotBeOpenedIsFatal() throws Exception {
        record Case(String key, String first, String words) {}
        for (var c :
                List.of(
                        new Case(Stack.newKey(), START, "authentication failed"),
                        new Case(stack.otherTeam(), START, "sandbox not found"),
                        new Case(stack.key, input("x"), "must be type 'start' or 'connect'"),
                        new Case(stack.key, "{\"type\":\"connect\"}", "requires a 'tag' field"),
                        new Case(stack.key, connect("pty-0"), "not found"),
                        new Case(stack.key, "{\"type\":\"start\",\"cmd\":\"nope\"}", "nope"),
                        new Case(stack.key, "{\"type\":\"start\",\"cols\":0}", "cols"),
                        new Case(
                                stack.key,
                                "{\"type\":\"start\",\"user\":\"nobody-known\"}",
                                "user"))) {
            try (var socket = open(c.key).send(c.first)) {
                var error = next(socket, "error");
                assertThat(error.path("fatal").asBoolean()).as("%s", c).isTrue();
                assertThat(error.path("data").asString()).contains(c.words);
                assertThat(socket.closeCode()).isEqualTo(1000);
            }
        }
        assertThat(ExecProbe.refused(api.socket("/v1/capsules/x/pty"), stack.key)).isEqualTo(400);
    }

    @Test
    void aBrowserShowsItsCredentialsFirst() throws Exception {
        try (var socket = open("")) {
            socket.send("{\"type\":\"auth\",\"token\":\"" + stack.key + "\"}").send(START);
            next(socket, "started");
        }
        try (var socket = open("")) {
            socket.send("{\"type\":\"auth\",\"token\":\"wrong\"}").send(START);
            assertThat(next(socket, "error").path("data").asString())
                    .isEqualTo("authentication failed");
        }
    }

    /// The times of a test: a ping each second, 4 s of inactivity.
    @Test
    void whoAnswersNothingIsLetGoAndTheTerminalStays() throws Exception {
        String tag;
        try (var socket = terminal(START)) {
            tag = next(socket, "started").path("tag").asString();
            next(socket, "output");
            assertThat(next(socket, "ping").has("data")).isFalse();
            JsonNode message;
            do message = socket.next();
            while (message.path("type").asString().equals("ping"));
            assertThat(message.path("data").asString()).isEqualTo("inactivity timeout");
            assertThat(message.path("fatal").asBoolean()).isTrue();
            assertThat(socket.closeCode()).isEqualTo(1000);
            Stack.await(SOON, () -> stack.agent.processes().followers() == 0);
        }
        try (var socket = terminal(connect(tag))) {
            next(socket, "started");
        }
    }

    @Test
    void whoAnswersPingsStays() throws Exception {
        try (var socket = terminal(START)) {
            next(socket, "started");
            next(socket, "output");
            for (int i = 0; i < 7; i++) { // longer than the limit
                next(socket, "ping");
                socket.send("{\"type\":\"pong\"}");
            }
            socket.send(input("there"));
            assertThat(output(socket, "there")).isEqualTo("there");
        }
    }

    @Test
    void aMessageOfMoreThanOneMebibyteIsTooMuch() throws Exception {
        try (var socket = terminal(START)) {
            next(socket, "started");
            socket.send(input("x".repeat(900_000)));
            assertThat(socket.closeCode()).isEqualTo(1009);
        }
    }
}
