package dev.wrenn.control.api;

import dev.wrenn.common.proxy.Forward;
import dev.wrenn.common.proxy.LaneLeg;
import dev.wrenn.common.proxy.Lanes;
import dev.wrenn.control.domain.ports.PortAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/// One request from a client to the agent of the capsule's host.
final class PortLeg implements LaneLeg {
    private static final String AGENT_ERROR = "X-Wrenn-Proxy-Error"; // set by agents only

    /// How a server inside a guest may call itself; the port is looked at afterwards.
    private static final Pattern INTERNAL =
            Pattern.compile(
                    "https?://(?:127\\.0\\.0\\.1|\\[::1]|169\\.254\\.0\\.21):(\\d{1,5})(/.*)?",
                    Pattern.CASE_INSENSITIVE);

    private final URI agent;
    private final PortAddress.At address;
    private final Request request;
    private final Response response;
    private final Callback done;
    private final PortMeters.Timing timing;
    private final Set<Forward> open;
    private final @Nullable ClientConnection connection;
    private volatile @Nullable Forward forward;

    /// @param open holds the request as long as it lasts
    PortLeg(
            URI agent,
            PortAddress.At address,
            Request request,
            Response response,
            Callback done,
            PortMeters.Timing timing,
            Set<Forward> open) {
        this.agent = agent;
        this.address = address;
        this.request = request;
        this.response = response;
        this.done = done;
        this.timing = timing;
        this.open = open;
        this.connection = ClientConnection.of(request);
    }

    /// Where lanes to a port lead.
    static Lanes.Way way(URI agent, PortAddress.At address) {
        return new Lanes.Way(
                agent, "/lane/" + address.capsule() + "/" + address.port(), address.capsule());
    }

    /// It begins to go over a lane.
    void lasting() {
        if (connection != null) connection.lasting(true);
    }

    void begin(Forward by) {
        forward = by;
        open.add(by);
        by.send();
    }

    @Override
    public URI origin() {
        return agent;
    }

    @Override
    public String target() {
        return prefix() + direct();
    }

    // Not made before it is needed: writing an id costs as much as the rest of a quick request.
    private String prefix() {
        return "/proxy/" + address.capsule() + "/" + address.port();
    }

    @Override
    public String direct() {
        var target = Objects.requireNonNullElse(request.getHttpURI().getPathQuery(), "/");
        return PortQuery.without(target.startsWith("/") ? target : "/" + target);
    }

    @Override
    public Object tag() {
        return PortLeg.class;
    }

    @Override
    public void request(HttpFields.Mutable headers) {
        PlatformHeaders.strip(headers);
        headers.remove(HttpHeader.FORWARDED); // says the same as these, perhaps something else
        var before = headers.get(HttpHeader.X_FORWARDED_FOR);
        var client = Request.getRemoteAddr(request);
        headers.put(HttpHeader.X_FORWARDED_FOR, before == null ? client : before + ", " + client);
        headers.put(HttpHeader.X_FORWARDED_PROTO, PortHost.scheme(request));
        var host = headers.get(HttpHeader.HOST);
        if (host != null) headers.put(HttpHeader.X_FORWARDED_HOST, host);
    }

    @Override
    public boolean response(int status, HttpFields.Mutable headers) {
        if (headers.contains(AGENT_ERROR)) return false;
        var location = headers.get(HttpHeader.LOCATION);
        if (location != null && location.startsWith(prefix() + "/"))
            headers.put(HttpHeader.LOCATION, location.substring(prefix().length()));
        cookies(headers);
        PlatformHeaders.confine(headers);
        timing.status(status);
        return true;
    }

    @Override
    public void answer(int status, HttpFields.Mutable headers) {
        headers.remove(AGENT_ERROR);
        var location = headers.get(HttpHeader.LOCATION);
        if (location != null) headers.put(HttpHeader.LOCATION, outside(location));
        PlatformHeaders.confine(headers);
        timing.status(status);
    }

    /// The path alone, when it means the same port inside the guest.
    private String outside(String location) {
        var internal = INTERNAL.matcher(location);
        if (!internal.matches() || !internal.group(1).equals(Integer.toString(address.port())))
            return location;
        return internal.group(2) == null ? "/" : internal.group(2);
    }

    private void cookies(HttpFields.Mutable headers) {
        if (!headers.contains(HttpHeader.SET_COOKIE)) return;
        var path =
                Pattern.compile(
                        "(;\\s*path\\s*=\\s*)" + Pattern.quote(prefix()) + "(?=/)",
                        Pattern.CASE_INSENSITIVE);
        var changed = new ArrayList<String>();
        for (var field : headers)
            if (field.getHeader() == HttpHeader.SET_COOKIE)
                changed.add(path.matcher(field.getValue()).replaceFirst("$1"));
        headers.remove(HttpHeader.SET_COOKIE);
        for (var cookie : changed) headers.add(HttpHeader.SET_COOKIE, cookie);
    }

    @Override
    public Remedy failed(Failure failure, int attempt) {
        return new Remedy.GiveUp();
    }

    @Override
    public void refuse(Failure failure) {
        switch (failure) {
            case NO_CONNECTION -> answer(503, "the sandbox's host is not reachable");
            case BROKEN -> answer(502, "proxy error: the connection broke before an answer came");
        }
    }

    @Override
    public void replace(int status, HttpFields headers) {
        var text = headers.get(AGENT_ERROR);
        answer(status, text == null ? "proxy error" : text.toLowerCase(Locale.ROOT));
    }

    private void answer(int status, String text) {
        timing.status(status);
        var by = forward;
        var then = by == null ? Callback.from(this::over, done) : by.answered();
        PortPage.write(request, response, then, status, text);
    }

    @Override
    public void tunnelled() {
        timing.tunnelled();
    }

    @Override
    public void over() {
        if (connection != null) connection.lasting(false);
        var by = forward;
        if (by != null) open.remove(by);
        timing.close();
    }
}
