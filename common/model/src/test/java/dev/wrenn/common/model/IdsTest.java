package dev.wrenn.common.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {
    @ParameterizedTest
    @CsvSource({
        "00000000-0000-0000-0000-000000000000, 0000000000000000000000000",
        "00000000-0000-0000-0000-000000000001, 0000000000000000000000001",
        "00000000-0000-0000-0000-000000000024, 0000000000000000000000010",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8, 6dfzh5ik5uxynzmlf5cshamdk",
        "f47ac10b-58cc-4372-a567-0e02b2c3d479, eh20m2rvgvw6snhr754ezwsqh",
        "550e8400-e29b-41d4-a716-446655440000, 51a37iakuf5nuuphr0fx89og0",
        "286c214b-2a78-2838-f4fd-f36f8cdf9600, 2e5glxi4g3qnhwci95qev0cg0",
        "ffffffff-ffff-ffff-ffff-ffffffffffff, f5lxx1zz5pnorynqglhzmsp33",
    })
    void encodesTheValuesOfTheSpec(UUID value, String text) {
        assertThat(Base36.encode(value)).isEqualTo(text);
        assertThat(Base36.decode(text)).contains(value);
        assertThat(new CapsuleId(value)).hasToString("cl-" + text);
        assertThat(CapsuleId.parse("cl-" + text).value()).isEqualTo(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "cl-",
                "sb-0000000000000000000000000",
                "cl-000000000000000000000000",
                "cl-00000000000000000000000000",
                "cl-f5lxx1zz5pnorynqglhzmsp34",
                "cl-zzzzzzzzzzzzzzzzzzzzzzzzz",
                "cl-EH20M2RVGVW6SNHR754EZWSQH",
                "cl-eh20m2rvgvw6snhr754ezws q",
                "cl-eh20m2rvgvw6snhr754ezwsé0",
                " cl-0000000000000000000000000",
                "0000000000000000000000000",
            })
    void refusesEverythingElse(String text) {
        assertThatThrownBy(() -> CapsuleId.parse(text))
                .isInstanceOf(InvalidIdException.class)
                .hasMessage("invalid sandbox ID");
    }

    @Test
    void anyUuidSurvivesTheRoundTripInOrder() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            var value = new UUID(random.nextLong(), random.nextLong());
            var text = Base36.encode(value);
            assertThat(text).as("seed %d", seed).matches("[0-9a-z]{25}");
            assertThat(Base36.decode(text)).as("seed %d", seed).contains(value);
        }
    }

    @Test
    void randomTextNeverThrows() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int i = 0; i < 10_000; i++) {
            var text = new StringBuilder();
            int length = random.nextInt(40);
            for (int k = 0; k < length; k++) text.append((char) random.nextInt(0x250));
            Base36.decode(text.toString())
                    .ifPresent(v -> assertThat(Base36.encode(v)).hasToString(text.toString()));
        }
    }

    @Test
    void templateIdsTravelAsCanonicalUuid() {
        var id = TemplateId.random();
        assertThat(TemplateId.parse(id.toString())).isEqualTo(id);
        assertThatThrownBy(() -> TemplateId.parse("1-1-1-1-1"))
                .isInstanceOf(InvalidIdException.class);
    }
}
