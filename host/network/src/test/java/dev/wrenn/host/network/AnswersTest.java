package dev.wrenn.host.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import java.net.InetAddress;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

class AnswersTest {
    private static EgressPolicy policy(boolean allow, String... rules) {
        return new EgressPolicy(allow, Stream.of(rules).map(EgressRule::parse).toList(), 0, 0);
    }

    private static Message query(String name, int type) throws TextParseException {
        return Message.newQuery(Record.newRecord(Name.fromString(name), type, DClass.IN));
    }

    private static int code(Message query, Egress egress) {
        return switch (Answers.plan(query, egress)) {
            case Answers.Plan.Reply(var message) -> message.getRcode();
            case Answers.Plan.Ask _ -> -1;
            case Answers.Plan.Silence _ -> -2;
        };
    }

    @Test
    void theFirstRuleAboutANameDecides() {
        var policy = policy(false, "deny bad.example.org", "allow *.example.org", "allow 1.2.3.4");
        assertThat(Answers.allows(policy, "www.example.org")).isTrue();
        assertThat(Answers.allows(policy, "bad.example.org")).isFalse();
        assertThat(Answers.allows(policy, "example.net")).isFalse();
        assertThat(Answers.allows(policy(true, "deny example.net"), "example.org")).isTrue();
        assertThat(Answers.allows(policy(true, "deny example.net"), "example.net")).isFalse();
        assertThat(Answers.allows(policy(false, "allow 1.2.3.4"), "example.org"))
                .as("it decides by addresses")
                .isTrue();
    }

    @Test
    void onlyPlainQuestionsArePassedOn() throws Exception {
        var egress = new Egress(EgressPolicy.OPEN, policy(false, "allow *.example.org"));
        assertThat(code(query("www.example.org.", Type.A), egress)).isEqualTo(-1);
        assertThat(code(query("www.example.org.", Type.TXT), egress)).isEqualTo(-1);
        assertThat(code(query("www.example.org.", Type.AAAA), egress)).isEqualTo(Rcode.NOERROR);
        assertThat(code(query("www.example.org.", Type.HTTPS), egress)).isEqualTo(Rcode.NOERROR);
        assertThat(code(query("www.example.org.", Type.ANY), egress)).isEqualTo(Rcode.REFUSED);
        assertThat(code(query("data.evil.example.", Type.A), egress)).isEqualTo(Rcode.REFUSED);
        var answer = query("www.example.org.", Type.A);
        answer.getHeader().setFlag(Flags.QR);
        assertThat(code(answer, egress)).isEqualTo(-2);
        assertThat(code(new Message(7), egress)).isEqualTo(Rcode.NOTIMP);
    }

    @Test
    void privateAddressesAreTakenOutAndTheRestLeads() throws Exception {
        var query = query("www.example.org.", Type.A);
        var answer = new Message(query.getHeader().getID());
        var name = Name.fromString("www.example.org.");
        for (var address : new String[] {"203.0.113.9", "10.0.0.1", "169.254.169.254"})
            answer.addRecord(
                    new ARecord(name, DClass.IN, 5, InetAddress.ofLiteral(address)),
                    Section.ANSWER);
        answer.addRecord(
                new AAAARecord(name, DClass.IN, 5, InetAddress.ofLiteral("2001:db8::1")),
                Section.ANSWER);
        var passed = Answers.passed(query, answer);
        assertThat(passed.getHeader().getID()).isEqualTo(query.getHeader().getID());
        assertThat(Answers.leads(passed)).containsExactly(new Answers.Lead("203.0.113.9", 60));
    }

    @Test
    void whatNftPrintsIsRead() {
        var denials =
                Denials.parse(
                        """
                        table inet wrenn {
                        	counter refused {
                        		packets 3 bytes 180
                        	}
                        	set flows {
                        		type ipv4_addr . inet_proto . inet_service
                        		elements = { 10.0.0.1 . tcp . 22 expires 4m59s,
                        			     10.0.0.1 . udp . 53 expires 4m }
                        	}
                        }
                        table inet wrenn_policy {
                        	counter denied {
                        		packets 4 bytes 240
                        	}
                        	counter throttled {
                        		packets 9 bytes 9000
                        	}
                        }
                        """);
        assertThat(denials.total()).isEqualTo(7);
        assertThat(denials.flows()).containsExactly("tcp 10.0.0.1 22", "udp 10.0.0.1 53");
    }
}
