package dev.wrenn.common.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlaceTest {
    private static final SocketAddress LOOPBACK = new InetSocketAddress("127.0.0.1", 1);
    private static final SocketAddress OURS = new InetSocketAddress("192.0.2.7", 2);
    private static final SocketAddress THEIRS = new InetSocketAddress("192.0.2.8", 3);

    private static HttpFields says(String place, String address) {
        return HttpFields.build().put(Place.HEADER, place).put(Place.ADDRESS, address);
    }

    private static String ours() {
        return Place.ours().orElseThrow();
    }

    @Test
    void whoIsHereIsBelieved() {
        var here = says(ours(), Place.text(new InetSocketAddress("10.11.0.7", 3000)));
        assertThat(Place.near(here, LOOPBACK, LOOPBACK))
                .hasValue(new InetSocketAddress("10.11.0.7", 3000));
        assertThat(Place.near(here, OURS, OURS)).isPresent();
        assertThat(Place.near(says(ours(), "::1:80"), LOOPBACK, LOOPBACK)).isPresent();
    }

    @Test
    void whoComesFromElsewhereIsNot() {
        var here = says(ours(), "10.11.0.7:3000");
        assertThat(Place.near(here, THEIRS, OURS)).isEmpty();
        var boot = ours().replaceFirst(".", ours().startsWith("0") ? "1" : "0");
        assertThat(Place.near(says(boot, "10.11.0.7:3000"), LOOPBACK, LOOPBACK)).isEmpty();
        var network = ours().replace("net:[", "net:[1");
        assertThat(Place.near(says(network, "10.11.0.7:3000"), LOOPBACK, LOOPBACK)).isEmpty();
        assertThat(Place.near(HttpFields.EMPTY, LOOPBACK, LOOPBACK)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                "80",
                "10.11.0.7",
                "10.11.0.7:",
                "host:80",
                "10.0.0.1:65536",
                "10.0.0.1:-1",
                "10.0.0.1:x",
                ":80"
            })
    void whatIsNoAddressIsNotDialled(String text) {
        assertThat(Place.near(says(ours(), text), LOOPBACK, LOOPBACK)).isEmpty();
    }
}
