package dev.wrenn.control.domain.channels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.common.runtime.Secret;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SealsTest {
    private static final Secret KEY =
            new Secret("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    private static final Secret OTHER = new Secret("ab".repeat(32));

    private final ChannelId id = ChannelId.random();

    private static Seals seals(Secret key, Secret... earlier) {
        return new Seals(key, List.of(earlier), new Random(7));
    }

    @Test
    void theWorkedExampleOpens() {
        var stored = "AAECAwQFBgcICQoLL3aia7bf7TTlLvjgwscdFeK791iVVTwTVUidNZ7MrzVaf2Iu3JQQqXNDxQ==";
        assertThat(seals(KEY).open(id, Map.of("url", stored)))
                .isEqualTo(Map.of("url", "https://hooks.example.com/x"));
        assertThat(seals(OTHER, KEY).open(id, Map.of("url", stored)))
                .isEqualTo(Map.of("url", "https://hooks.example.com/x"));
        assertThat(seals(KEY).fresh(Map.of("url", stored))).isFalse();
    }

    @Test
    void whatIsSealedOpensOnlyInItsPlace() {
        var config = Map.of("url", "https://hooks.example.com/x", "secret", "s€cret");
        var sealed = seals(KEY).seal(id, config);
        assertThat(sealed.toString()).doesNotContain("hooks", "cret=s");
        assertThat(seals(KEY).open(id, sealed)).isEqualTo(config);
        assertThat(seals(KEY).fresh(sealed)).isTrue();
        assertThatThrownBy(() -> seals(KEY).open(ChannelId.random(), sealed))
                .as("of another channel")
                .isInstanceOf(Seals.BrokenException.class);
        var swapped = Map.of("url", sealed.get("secret"));
        assertThatThrownBy(() -> seals(KEY).open(id, swapped))
                .as("under another name")
                .isInstanceOf(Seals.BrokenException.class);
    }

    @Test
    void anotherKeyOpensNothingAndAChangedTextNeither() {
        var sealed = seals(KEY).seal(id, Map.of("url", "x"));
        assertThatThrownBy(() -> seals(OTHER).open(id, sealed))
                .isInstanceOf(Seals.BrokenException.class);
        var text = sealed.get("url");
        for (int i = 0; i < text.length(); i++) {
            char changed = text.charAt(i) == 'A' ? 'B' : 'A';
            var bad = text.substring(0, i) + changed + text.substring(i + 1);
            assertThatThrownBy(() -> seals(KEY).open(id, Map.of("url", bad)))
                    .as(bad)
                    .isInstanceOf(Seals.BrokenException.class);
        }
    }

    @Test
    void anEarlierKeyOpensAndTheNewOneSeals() {
        var before = seals(KEY).seal(id, Map.of("url", "x"));
        var now = seals(OTHER, KEY);
        assertThat(now.open(id, before)).isEqualTo(Map.of("url", "x"));
        assertThat(now.fresh(before)).isFalse();
        assertThat(seals(OTHER).open(id, now.seal(id, Map.of("url", "x"))))
                .isEqualTo(Map.of("url", "x"));
        assertThatThrownBy(() -> seals(new Secret("short")))
                .hasMessage("expected 64 hexadecimal digits");
    }
}
