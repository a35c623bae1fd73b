package dev.wrenn.host.agent;

import dev.wrenn.common.proxy.Forward;
import dev.wrenn.common.proxy.Leg;
import dev.wrenn.host.capsule.Access;
import dev.wrenn.host.guest.GuestPorts;
import java.net.URI;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/// One request from the control plane into a guest. The capsule is in use as long as it lasts.
final class PortLeg implements Leg, GuestPorts.Use {
    private static final int ATTEMPTS = 3;
    private static final long FIRST_PAUSE_MS = 100; // then twice as long

    private final PortPath path;
    private final Access.Granted access;
    private final GuestPorts ports;
    private final Response response;
    private volatile @Nullable Forward forward;

    PortLeg(PortPath path, Access.Granted access, Response response) {
        this.path = path;
        this.access = access;
        this.ports = access.guest().ports();
        this.response = response;
    }

    void begin(Forward by) {
        forward = by;
        by.send();
    }

    private Forward forward() {
        return Objects.requireNonNull(forward);
    }

    @Override
    public URI origin() {
        return ports.at(path.port());
    }

    @Override
    public String target() {
        return path.target();
    }

    @Override
    public Object tag() {
        return ports;
    }

    @Override
    public void request(HttpFields.Mutable headers) {
        // the control plane has changed what is to be changed
    }

    @Override
    public boolean response(int status, HttpFields.Mutable headers) {
        headers.remove(PortAnswer.HEADER); // only we may say this
        var location = headers.get(HttpHeader.LOCATION);
        if (location != null)
            headers.put(HttpHeader.LOCATION, PortRewrite.location(path, location));
        PortRewrite.cookies(path, headers);
        return true;
    }

    @Override
    public Remedy failed(Failure failure, int attempt) {
        if (failure != Failure.NO_CONNECTION || attempt >= ATTEMPTS) return new Remedy.GiveUp();
        var ready =
                attempt == 1 ? ports.expose(path.port()) : CompletableFuture.completedFuture(null);
        return new Remedy.Again(ready, FIRST_PAUSE_MS * attempt);
    }

    @Override
    public void refuse(Failure failure) {
        var answer =
                switch (failure) {
                    case NO_CONNECTION -> PortAnswer.NOTHING_LISTENS;
                    case BROKEN -> PortAnswer.BROKEN;
                };
        answer.write(response, forward().answered());
    }

    @Override
    public void replace(int status, HttpFields headers) {
        throw new IllegalStateException("every answer is taken");
    }

    @Override
    public void over() {
        ports.leave(this);
        access.close();
    }

    @Override
    public boolean isRequest() {
        var by = forward;
        return by == null || !by.isTunnel();
    }

    @Override
    public void cut(String why) {
        var by = forward;
        if (by != null) by.cut(why);
    }
}
