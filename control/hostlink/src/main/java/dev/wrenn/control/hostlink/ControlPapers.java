package dev.wrenn.control.hostlink;

import dev.wrenn.common.connect.Tls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jetty.util.ssl.SslContextFactory;

/// What this control plane shows to hosts: certificates for a day, renewed twice as often.
/// Thread-safe.
public final class ControlPapers {
    /// How often to call [#renew()].
    public static final Duration PERIOD = Duration.ofHours(12);

    private static final Duration LIFE = Duration.ofHours(24);

    private final Authority authority;
    private final List<SslContextFactory.Client> given = new ArrayList<>();

    public ControlPapers(Authority authority) {
        this.authority = authority;
    }

    /// For one client: each starts and stops its own.
    public synchronized SslContextFactory.Client client() {
        var factory = Tls.client(authority.forControlPlane(LIFE));
        given.add(factory);
        return factory;
    }

    /// New papers for every client; connections stay.
    public synchronized void renew() {
        for (var factory : given)
            if (factory.isRunning()) Tls.renew(factory, authority.forControlPlane(LIFE));
    }
}
