package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Teardown;
import dev.wrenn.control.domain.channels.Channels;
import dev.wrenn.control.domain.channels.DeliveryStore;
import dev.wrenn.control.domain.channels.Dispatcher;
import dev.wrenn.control.domain.channels.Seals;
import dev.wrenn.control.notify.MailCourier;
import dev.wrenn.control.notify.MailSink;
import dev.wrenn.control.outgoing.SafeCourier;
import dev.wrenn.control.outgoing.Tools;
import dev.wrenn.control.store.Database;
import dev.wrenn.control.store.PgChannelStore;
import dev.wrenn.control.store.PgDeliveryStore;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;

/// Wires channels.
final class ChannelParts {
    private final Channels channels;
    private final PgDeliveryStore deliveries;
    private final Dispatcher dispatcher;

    /// @param undo takes what has to be closed
    /// @throws ConfigException when a stored secret cannot be opened with the keys given
    ChannelParts(ChannelConfig config, Database database, MailSink mails, Teardown undo) {
        var clock = InstantSource.system();
        var tools = Tools.all(clock);
        var courier = new MailCourier(mails, undo.add(SafeCourier.start(config.targets())));
        deliveries = undo.add(new PgDeliveryStore(database));
        channels =
                new Channels(
                        new PgChannelStore(database),
                        tools,
                        config.seals(),
                        courier,
                        new SecureRandom(),
                        clock);
        try {
            channels.reseal();
        } catch (Seals.BrokenException e) {
            throw new ConfigException(
                    "WRENN_ENCRYPTION_KEY: does not open what channels are configured with;"
                            + " expected the key of earlier starts");
        }
        dispatcher =
                undo.add(
                        new Dispatcher(
                                deliveries,
                                tools,
                                config.seals(),
                                courier,
                                clock,
                                Dispatcher.RETRIES));
    }

    Channels channels() {
        return channels;
    }

    DeliveryStore deliveries() {
        return deliveries;
    }

    void start() {
        dispatcher.start();
    }

    /// Removes what nobody looks at any more.
    void removeOlder(Duration age) {
        deliveries.removeOlder(age);
    }
}
