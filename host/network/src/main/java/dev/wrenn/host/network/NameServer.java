package dev.wrenn.host.network;

import dev.wrenn.common.model.Egress;
import dev.wrenn.host.linux.Namespaces;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.Message;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.SimpleResolver;

/// The resolver of one slot, which all name queries of its guest come to while a policy has rules
/// about domains. An answer leaves only when the addresses in it are in the rules, so that the
/// first packet to them passes. Asks from the host's own network. Thread-safe.
final class NameServer implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(NameServer.class);

    private static final int PORT = 53;
    private static final int MOST_QUERIES = 32; // at a time; more are dropped, and asked again
    private static final int MOST_CONNECTIONS = 8;
    private static final int MOST_UDP = 1232; // what passes everywhere, dnsflagday.net/2020
    private static final int MOST_MESSAGE = 65_535;
    private static final Duration UPSTREAM = Duration.ofSeconds(3);
    private static final Duration IDLE = Duration.ofSeconds(10);

    /// The policies of the slot.
    interface Policies {
        /// As of now.
        Egress egress();

        /// Returns when addresses that a name led to are in the rules.
        ///
        /// @throws NetworkException when they are not
        void learn(String name, List<Answers.Lead> leads);
    }

    private final List<InetAddress> servers;
    private final Policies policies;
    private final DatagramChannel datagrams;
    private final ServerSocketChannel streams;
    private final Semaphore queries = new Semaphore(MOST_QUERIES);
    private final Semaphore connections = new Semaphore(MOST_CONNECTIONS);

    private NameServer(
            Policies policies,
            List<InetAddress> servers,
            DatagramChannel datagrams,
            ServerSocketChannel streams) {
        this.policies = policies;
        this.servers = List.copyOf(servers);
        this.datagrams = datagrams;
        this.streams = streams;
    }

    /// Listens on the gateway's address in the slot's namespace.
    ///
    /// @param servers asked in this order; at least one
    static NameServer open(Slot slot, Policies policies, List<InetAddress> servers) {
        try {
            var address = new InetSocketAddress(InetAddress.ofLiteral(Slot.GATEWAY_IP), PORT);
            var server =
                    Namespaces.call(
                            slot.netnsPath(),
                            () -> {
                                var datagrams = DatagramChannel.open(StandardProtocolFamily.INET);
                                var streams = ServerSocketChannel.open(StandardProtocolFamily.INET);
                                datagrams.bind(address);
                                streams.bind(address);
                                return new NameServer(policies, servers, datagrams, streams);
                            });
            Thread.ofVirtual().name("dns " + slot.index()).start(server::serveDatagrams);
            Thread.ofVirtual().name("dns tcp " + slot.index()).start(server::serveStreams);
            return server;
        } catch (Exception e) {
            if (e instanceof InterruptedException) Thread.currentThread().interrupt();
            throw new NetworkException(
                    "resolver of slot " + slot.index() + ": " + e.getMessage(), e);
        }
    }

    private void serveDatagrams() {
        var buffer = ByteBuffer.allocate(MOST_MESSAGE);
        while (datagrams.isOpen()) {
            try {
                var from = datagrams.receive(buffer.clear());
                if (from == null || !queries.tryAcquire()) continue;
                var bytes = new byte[buffer.flip().remaining()];
                buffer.get(bytes);
                Thread.ofVirtual().name("dns query").start(() -> answer(bytes, from));
            } catch (IOException e) {
                if (datagrams.isOpen()) LOG.atWarn().setCause(e).log("resolver missed a query");
            }
        }
    }

    private void answer(byte[] query, SocketAddress to) {
        try {
            var answer = answer(query, MOST_UDP);
            if (answer.length > 0) datagrams.send(ByteBuffer.wrap(answer), to);
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("a name query is not answered");
        } finally {
            queries.release();
        }
    }

    private void serveStreams() {
        while (streams.isOpen()) {
            try {
                var peer = streams.accept();
                if (connections.tryAcquire())
                    Thread.ofVirtual().name("dns connection").start(() -> serve(peer));
                else peer.close();
            } catch (IOException e) {
                if (streams.isOpen()) LOG.atWarn().setCause(e).log("resolver missed a connection");
            }
        }
    }

    /// RFC 7766: messages with their length before them.
    private void serve(SocketChannel peer) {
        try (peer) {
            peer.socket().setSoTimeout((int) IDLE.toMillis());
            var in = new DataInputStream(peer.socket().getInputStream());
            var out = new DataOutputStream(peer.socket().getOutputStream());
            while (true) {
                var query = new byte[in.readUnsignedShort()];
                in.readFully(query);
                var answer = answer(query, MOST_MESSAGE);
                if (answer.length == 0) return;
                var framed = ByteBuffer.allocate(2 + answer.length).putShort((short) answer.length);
                out.write(framed.put(answer).array());
            }
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("a connection for names has ended");
        } finally {
            connections.release();
        }
    }

    /// @return empty when there is nothing to say
    private byte[] answer(byte[] bytes, int most) throws IOException {
        Message query;
        try {
            query = new Message(bytes);
        } catch (IOException e) {
            return new byte[0]; // not a message: whoever sent it knows
        }
        return switch (Answers.plan(query, policies.egress())) {
            case Answers.Plan.Silence() -> new byte[0];
            case Answers.Plan.Reply(var reply) -> reply.toWire(most);
            case Answers.Plan.Ask(var name) -> ask(query, name).toWire(most);
        };
    }

    private Message ask(Message query, String name) {
        for (var server : servers) {
            try {
                var resolver = new SimpleResolver(new InetSocketAddress(server, PORT));
                resolver.setTimeout(UPSTREAM);
                var passed =
                        Answers.passed(query, resolver.send(Message.newQuery(query.getQuestion())));
                policies.learn(name, Answers.leads(passed));
                return passed;
            } catch (IOException e) {
                LOG.atDebug().addKeyValue("server", server).setCause(e).log("no answer");
            } catch (NetworkException e) {
                LOG.atWarn().setCause(e).log("addresses of a name are not in the rules");
                break; // an answer would lead nowhere
            }
        }
        return Answers.reply(query, Rcode.SERVFAIL);
    }

    @Override
    public void close() {
        for (var channel : List.of(datagrams, streams)) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.atDebug().setCause(e).log("resolver");
            }
        }
    }
}
