package dev.wrenn.common.datastores;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RedisServerContractTest {
    @TempDir Path dir;

    @Test
    void keepsWhatItWasToldWhenDurable() throws Exception {
        try (var redis = RedisServer.start(config(true))) {
            assertThat(say(redis, "SET a 1")).isEqualTo("+OK");
            assertThatThrownBy(() -> RedisServer.start(config(true)))
                    .isInstanceOf(DatastoreException.class)
                    .hasMessageContaining("served by another process");
        }
        try (var redis = RedisServer.start(config(true))) {
            assertThat(say(redis, "EXISTS a")).isEqualTo(":1");
        }
    }

    @Test
    void forgetsWhenNotDurable() throws Exception {
        try (var redis = RedisServer.start(config(false))) {
            assertThat(say(redis, "SET a 1")).isEqualTo("+OK");
        }
        try (var redis = RedisServer.start(config(false))) {
            assertThat(say(redis, "EXISTS a")).isEqualTo(":0");
        }
    }

    @Test
    void refusesWithoutPassword() throws Exception {
        try (var redis = RedisServer.start(config(false));
                var socket = new Socket("127.0.0.1", redis.port())) {
            socket.getOutputStream().write("PING\r\n".getBytes(US_ASCII));
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
            assertThat(in.readLine()).startsWith("-NOAUTH");
        }
    }

    private RedisServer.Config config(boolean durable) {
        return new RedisServer.Config(
                dir.resolve("redis"), dir.resolve("redis.log"), 0, "secret", durable);
    }

    private static String say(RedisServer redis, String command) throws Exception {
        try (var socket = new Socket("127.0.0.1", redis.port())) {
            var in = new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII));
            socket.getOutputStream()
                    .write(("AUTH secret\r\n" + command + "\r\n").getBytes(US_ASCII));
            in.readLine();
            return in.readLine();
        }
    }
}
