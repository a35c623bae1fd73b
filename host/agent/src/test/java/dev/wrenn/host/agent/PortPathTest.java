package dev.wrenn.host.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.CapsuleId;
import java.util.Random;
import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;

class PortPathTest {
    private static final CapsuleId ID = CapsuleId.random();
    private static final String ROOT = "/proxy/" + ID + "/";

    @Test
    void theRestIsTheGuests() {
        for (var target : new String[] {"/", "/a%2Fb/?x=%20", "//x", "/?", "/proxy/x"})
            assertThat(PortPath.parse(ROOT + "80" + target)).hasValue(new PortPath(ID, 80, target));
        assertThat(PortPath.parse(ROOT + "80")).hasValue(new PortPath(ID, 80, "/"));
        assertThat(PortPath.parse(ROOT + "80?x")).hasValue(new PortPath(ID, 80, "/?x"));
    }

    @Test
    void aLaneHasNoPath() {
        var lane = "/lane/" + ID + "/80";
        assertThat(PortPath.parse(lane)).hasValue(new PortPath(ID, 80, "/"));
        assertThat(PortPath.parse(lane + "/")).hasValue(new PortPath(ID, 80, "/"));
        for (var more : new String[] {"/x", "?x", "0000", "x"})
            assertThat(PortPath.parse(lane + more)).as(more).isEmpty();
    }

    @Test
    void othersAreNone() {
        for (var target :
                new String[] {
                    "",
                    "/",
                    "/proxy/",
                    "/proxy/" + ID,
                    ROOT,
                    ROOT + "0/",
                    ROOT + "65536/",
                    ROOT + "999999/",
                    ROOT + "80x",
                    ROOT + "-1/",
                    "/proxy/cl-1/80/",
                    "proxy/" + ID + "/80/"
                }) assertThat(PortPath.parse(target)).as(target).isEmpty();
    }

    @Test
    void noTextIsTooOdd() {
        long seed = new Random().nextLong();
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            var text = new StringBuilder(random.nextBoolean() ? ROOT : PortPath.ROOT);
            for (int length = random.nextInt(12); length > 0; length--)
                text.append((char) random.nextInt(0x80));
            PortPath.parse(text.toString())
                    .ifPresent(
                            path -> assertThat(path.target()).as("seed %d", seed).startsWith("/"));
        }
    }

    @Test
    void pathsOfTheGuestGetThePrefix() {
        var path = new PortPath(ID, 80, "/");
        assertThat(PortRewrite.location(path, "/a?b")).isEqualTo(ROOT + "80/a?b");
        assertThat(PortRewrite.location(path, "http://127.0.0.1:80/a")).isEqualTo(ROOT + "80/a");
        assertThat(PortRewrite.location(path, "http://169.254.0.21:80")).isEqualTo(ROOT + "80/");
        for (var same :
                new String[] {"a", "//x/a", "http://127.0.0.1:81/a", "https://example.org/"})
            assertThat(PortRewrite.location(path, same)).isEqualTo(same);
        var headers = HttpFields.build();
        headers.add("Set-Cookie", "a=1; Path=/x; Secure");
        headers.add("Set-Cookie", "b=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
        PortRewrite.cookies(path, headers);
        assertThat(headers.getFields("Set-Cookie").stream().map(f -> f.getValue()))
                .containsExactly(
                        "a=1; Path=" + ROOT + "80/x; Secure",
                        "b=/; Expires=Wed, 21 Oct 2026 07:28:00 GMT");
    }
}
