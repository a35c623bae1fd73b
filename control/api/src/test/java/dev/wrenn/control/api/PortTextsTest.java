package dev.wrenn.control.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.eclipse.jetty.http.HttpFields;
import org.junit.jupiter.api.Test;

/// The texts that the port proxy reads and writes.
class PortTextsTest {
    @Test
    void onlyTheTokenLeavesTheQuery() {
        assertThat(PortQuery.without("/a?wrenn_token=1.x")).isEqualTo("/a");
        assertThat(PortQuery.without("/a?b=%2F&wrenn_token=1&&c")).isEqualTo("/a?b=%2F&&c");
        assertThat(PortQuery.without("/wrenn_token=1?x")).isEqualTo("/wrenn_token=1?x");
        assertThat(PortQuery.without("/a?xwrenn_token=1")).isEqualTo("/a?xwrenn_token=1");
        assertThat(PortQuery.without("/a?")).isEqualTo("/a?");
        assertThat(PortQuery.token("a=1&wrenn_token=2.y&wrenn_token=3")).hasValue("2.y");
        assertThat(PortQuery.token(null)).isEmpty();
    }

    @Test
    void hostNamesStandBesideTheApis() {
        assertThat(PortHost.of("1-cl", "app.wrenn.dev")).isEqualTo("1-cl.app.wrenn.dev");
        assertThat(PortHost.of("1-cl", "app.wrenn.dev:8443")).isEqualTo("1-cl.app.wrenn.dev:8443");
        assertThat(PortHost.of("1-cl", "127.0.0.1:8080")).isEqualTo("1-cl.localhost:8080");
        assertThat(PortHost.of("1-cl", "[::1]:8080")).isEqualTo("1-cl.localhost:8080");
        assertThat(PortHost.of("1-cl", "LocalHost")).isEqualTo("1-cl.localhost");
    }

    @Test
    void onlyAFrontServersWordChangesTheScheme() {
        assertThat(PortHost.scheme("https", false)).isEqualTo("https");
        assertThat(PortHost.scheme("javascript", false)).isEqualTo("http");
        assertThat(PortHost.scheme("", true)).isEqualTo("https");
    }

    @Test
    void cookiesOfThePlatformGoNeitherWay() {
        var headers = HttpFields.build();
        headers.add("Cookie", "a=1; WRENN_session=2; b=\"x; oauth_state=3");
        headers.add("Cookie", "__Secure-wrenn_t=1");
        PlatformHeaders.strip(headers);
        assertThat(headers.getValuesList("Cookie")).containsExactly("a=1; b=\"x");
        headers.add("Set-Cookie", "wrenn_port=1; Path=/");
        headers.add("Set-Cookie", "a=1; domain=.wrenn.dev; HttpOnly");
        PlatformHeaders.confine(headers);
        assertThat(headers.getValuesList("Set-Cookie")).containsExactly("a=1; HttpOnly");
    }

    @Test
    void tokensOfProgramsStay() {
        for (var kept :
                new String[] {"Basic x", "Bearer abc", "Bearer a.b.c", "Bearer ..", "Bearer"}) {
            var headers = HttpFields.build().put("Authorization", kept);
            PlatformHeaders.strip(headers);
            assertThat(headers.get("Authorization")).isEqualTo(kept);
        }
    }
}
