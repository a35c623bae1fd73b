package dev.wrenn.host.network;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/// A name server that knows some names, and a client. Both live where they are made.
final class Names implements AutoCloseable {
    private static final int PATIENCE_MS = 5000;

    /// What it was asked, in order.
    final List<String> asked = new CopyOnWriteArrayList<>();

    private final DatagramSocket socket;
    private final Map<String, String> known;

    /// @param known address by name
    Names(Map<String, String> known) throws IOException {
        this.known = known;
        socket = new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 53));
        Thread.ofPlatform().daemon().start(this::serve);
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                var packet = new DatagramPacket(new byte[4096], 4096);
                socket.receive(packet);
                var answer =
                        answer(
                                new Message(
                                        java.util.Arrays.copyOf(
                                                packet.getData(), packet.getLength())));
                socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            } catch (IOException e) {
                if (socket.isClosed()) return;
            }
        }
    }

    private byte[] answer(Message query) {
        var question = query.getQuestion();
        var name = question.getName();
        asked.add(name.toString(true));
        var answer = new Message(query.getHeader().getID());
        answer.getHeader().setFlag(Flags.QR);
        answer.addRecord(question, Section.QUESTION);
        var address = known.get(name.toString(true));
        if (address == null) answer.getHeader().setRcode(Rcode.NXDOMAIN);
        else
            answer.addRecord(
                    new ARecord(name, DClass.IN, 30, InetAddress.ofLiteral(address)),
                    Section.ANSWER);
        return answer.toWire();
    }

    /// Asks a server for addresses; must run in the namespace that asks.
    ///
    /// @return the code, and the addresses: `NOERROR 203.0.113.9`
    static String ask(String server, String name) throws IOException {
        try (var socket = new DatagramSocket()) {
            var question = Record.newRecord(Name.fromString(name + "."), Type.A, DClass.IN);
            var query = Message.newQuery(question).toWire();
            socket.setSoTimeout(PATIENCE_MS);
            socket.send(new DatagramPacket(query, query.length, InetAddress.ofLiteral(server), 53));
            var packet = new DatagramPacket(new byte[4096], 4096);
            socket.receive(packet);
            var answer = new Message(java.util.Arrays.copyOf(packet.getData(), packet.getLength()));
            var words = new ArrayList<String>();
            words.add(Rcode.string(answer.getRcode()));
            for (var record : answer.getSection(Section.ANSWER))
                if (record instanceof ARecord a) words.add(a.getAddress().getHostAddress());
            return String.join(" ", words);
        }
    }

    @Override
    public void close() {
        socket.close();
    }
}
