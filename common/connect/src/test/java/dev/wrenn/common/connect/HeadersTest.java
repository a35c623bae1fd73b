package dev.wrenn.common.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadersTest {
    @ParameterizedTest
    @ValueSource(strings = {"", " 5", "-1", "+5", "1.5", "12345678901", "5s", "\u0665", "0x10"})
    void refusesTimeoutsThatAreNotDigits(String value) {
        assertThatThrownBy(() -> Headers.parseTimeout(value))
                .isInstanceOfSatisfying(
                        ConnectException.class,
                        e -> assertThat(e.code()).isEqualTo(Code.INVALID_ARGUMENT));
    }

    @Test
    void readsTimeoutsUpToTenDigits() {
        assertThat(Headers.parseTimeout("0")).isEqualTo(Duration.ZERO);
        assertThat(Headers.parseTimeout("0000000250")).isEqualTo(Duration.ofMillis(250));
        assertThat(Headers.parseTimeout("9999999999")).isEqualTo(Duration.ofMillis(9999999999L));
    }

    @Test
    void writesTimeoutsThatItCanRead() {
        assertThat(Headers.timeout(Duration.ofNanos(1))).isEqualTo("1");
        assertThat(Headers.timeout(Duration.ofMillis(1500))).isEqualTo("1500");
        assertThat(Headers.timeout(Duration.ofDays(100_000))).isEqualTo("9999999999");
        assertThat(Headers.timeout(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo("9999999999");
    }

    @Test
    void knowsContentTypes() {
        assertThat(Headers.isType("application/json", "application/json")).isTrue();
        assertThat(Headers.isType("Application/JSON; charset=UTF-8", "application/json")).isTrue();
        assertThat(Headers.isType("application/json;charset=\"utf-8\"", "application/json"))
                .isTrue();
        assertThat(Headers.isType("application/json; charset=latin1", "application/json"))
                .isFalse();
        assertThat(Headers.isType("application/proto; charset=utf-8", "application/proto"))
                .isFalse();
        assertThat(Headers.isType("application/jsonp", "application/json")).isFalse();
        assertThat(Headers.isType("", "application/json")).isFalse();
    }
}
