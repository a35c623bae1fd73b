package dev.wrenn.host.network;

import dev.wrenn.common.model.Egress;
import dev.wrenn.common.model.EgressPolicy;
import dev.wrenn.common.model.EgressRule;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// What a capsule with rules about domains is answered, RFC 1035. Pure.
final class Answers {
    private static final long SHORTEST_PIN = 60;
    private static final long LONGEST_PIN = 3600;

    private Answers() {}

    /// What is to be done about a query.
    sealed interface Plan {
        /// Send this at once.
        record Reply(Message message) implements Plan {}

        /// Ask a name server.
        record Ask(String name) implements Plan {}

        /// Nothing: it is no query.
        record Silence() implements Plan {}
    }

    /// Judges a query.
    static Plan plan(Message query, Egress egress) {
        var header = query.getHeader();
        if (header.getFlag(Flags.QR)) return new Plan.Silence();
        var question = query.getQuestion();
        if (header.getOpcode() != Opcode.QUERY
                || header.getCount(Section.QUESTION) != 1
                || question == null
                || question.getDClass() != DClass.IN)
            return new Plan.Reply(reply(query, Rcode.NOTIMP));
        var name = question.getName().toString(true);
        if (!allows(egress.team(), name) || !allows(egress.own(), name))
            return new Plan.Reply(reply(query, Rcode.REFUSED));
        return switch (question.getType()) {
            // these would tell of addresses that are not pinned, or of ways that do not exist
            case Type.AAAA, Type.SVCB, Type.HTTPS -> new Plan.Reply(reply(query, Rcode.NOERROR));
            case Type.AXFR, Type.IXFR, Type.ANY -> new Plan.Reply(reply(query, Rcode.REFUSED));
            default -> new Plan.Ask(name);
        };
    }

    /// The first rule about the name decides. A policy without rules about domains decides by
    /// addresses alone; one that has some and denies by default lets no other name be asked, which
    /// would carry data out.
    static boolean allows(EgressPolicy policy, String name) {
        var domains = false;
        for (var rule : policy.rules()) {
            if (!(rule.to() instanceof EgressRule.Target.Domain domain)) continue;
            if (domain.covers(name)) return rule.allow();
            domains = true;
        }
        return policy.allowByDefault() || !domains;
    }

    /// An answer with nothing in it.
    static Message reply(Message query, int code) {
        var message = new Message(query.getHeader().getID());
        var header = message.getHeader();
        header.setFlag(Flags.QR);
        header.setFlag(Flags.RA);
        if (query.getHeader().getFlag(Flags.RD)) header.setFlag(Flags.RD);
        header.setRcode(code);
        Record question = query.getQuestion();
        if (question != null) message.addRecord(question, Section.QUESTION);
        return message;
    }

    /// What a name server said, for the guest: addresses that no capsule may go to are taken out,
    /// so that nobody's name leads into a private network.
    static Message passed(Message query, Message answer) {
        var message = reply(query, answer.getRcode());
        if (answer.getHeader().getFlag(Flags.TC)) message.getHeader().setFlag(Flags.TC);
        for (var record : answer.getSection(Section.ANSWER))
            if (!(record instanceof ARecord a) || Ranges.isPublic(a.getAddress()))
                message.addRecord(record, Section.ANSWER);
        for (var record : answer.getSection(Section.AUTHORITY))
            message.addRecord(record, Section.AUTHORITY);
        return message;
    }

    /// Addresses in an answer for the guest, with how long they hold.
    static List<Lead> leads(Message passed) {
        var leads = new ArrayList<Lead>();
        for (var record : passed.getSection(Section.ANSWER))
            if (record instanceof ARecord a) {
                long seconds = Math.clamp(a.getTTL(), SHORTEST_PIN, LONGEST_PIN);
                leads.add(new Lead(text(a.getAddress()), seconds));
            }
        return leads;
    }

    private static String text(@Nullable InetAddress address) {
        return address == null ? "" : address.getHostAddress();
    }

    /// Where a name leads.
    record Lead(String address, long seconds) {}
}
