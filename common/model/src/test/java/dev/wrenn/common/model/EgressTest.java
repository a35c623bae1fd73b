package dev.wrenn.common.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class EgressTest {
    @Test
    void rulesKeepTheirText() {
        for (var text :
                List.of(
                        "allow 203.0.113.0/24 tcp 443",
                        "deny 203.0.113.7 any",
                        "allow 0.0.0.0/0 udp 8000-8999",
                        "deny 198.51.100.0/24 icmp",
                        "allow example.org any 80",
                        "allow *.example.org tcp"))
            assertThat(EgressRule.parse(text)).hasToString(text);
        assertThat(EgressRule.parse("allow Example.ORG.")).hasToString("allow example.org any");
    }

    @Test
    void whatIsNoRuleIsSaidSo() {
        for (var text :
                List.of(
                        "",
                        "allow",
                        "permit 203.0.113.7",
                        "allow 203.0.113.256",
                        "allow 203.0.113.1/24",
                        "allow 203.0.113.0/33",
                        "allow 2001:db8::/32",
                        "allow example",
                        "allow *",
                        "allow *.*.example.org",
                        "allow -a.example.org",
                        "allow a..example.org",
                        "allow example.org; flush ruleset",
                        "allow \"example.org\"",
                        "allow 203.0.113.7 sctp",
                        "allow 203.0.113.7 tcp 0",
                        "allow 203.0.113.7 tcp 65536",
                        "allow 203.0.113.7 tcp 20-10",
                        "allow 203.0.113.7 icmp 8",
                        "allow 203.0.113.7 tcp 1 2"))
            assertThatThrownBy(() -> EgressRule.parse(text))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aDomainCoversWhatItNames() {
        var itself = new EgressRule.Target.Domain("example.org", false);
        assertThat(itself.covers("EXAMPLE.org.")).isTrue();
        assertThat(itself.covers("www.example.org")).isFalse();
        var below = new EgressRule.Target.Domain("example.org", true);
        assertThat(below.covers("a.b.example.org")).isTrue();
        assertThat(below.covers("example.org")).isFalse();
        assertThat(below.covers("badexample.org")).isFalse();
    }

    @Test
    void limitsAreTheLowerOnes() {
        var slow = policy(10, 0);
        var few = policy(20, 5);
        assertThat(new Egress(slow, few).megabits()).isEqualTo(10);
        assertThat(new Egress(slow, few).connections()).isEqualTo(5);
        assertThat(Egress.OPEN.megabits()).isZero();
        assertThat(Egress.OPEN.isOpen()).isTrue();
        assertThat(new Egress(slow, EgressPolicy.OPEN).isOpen()).isFalse();
        assertThatThrownBy(() -> policy(-1, 0))
                .hasMessage("bandwidth_mbit: -1 (expected: 1..100000)");
        var rule = EgressRule.parse("deny 203.0.113.7");
        assertThatThrownBy(() -> new EgressPolicy(true, Collections.nCopies(65, rule), 0, 0))
                .hasMessage("rules: 65 (expected: at most 64)");
    }

    private static EgressPolicy policy(int megabits, int connections) {
        return new EgressPolicy(true, List.of(), megabits, connections);
    }
}
