package dev.wrenn.control.api;

import dev.wrenn.common.proxy.Forward;
import dev.wrenn.common.proxy.Leg;
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
import org.jspecify.annotations.Nullable;

/// One request from a client to the agent of the capsule's host.
final class PortLeg implements Leg {
    private static final String AGENT_ERROR = "X-Wrenn-Proxy-Error"; // set by agents only

    private final URI agent;
    private final String prefix;
    private final Request request;
    private final Response response;
    private final PortMeters.Timing timing;
    private final Set<Forward> open;
    private volatile @Nullable Forward forward;

    /// @param open holds the request as long as it lasts
    PortLeg(
            URI agent,
            PortAddress.At address,
            Request request,
            Response response,
            PortMeters.Timing timing,
            Set<Forward> open) {
        this.agent = agent;
        this.prefix = "/proxy/" + address.capsule() + "/" + address.port();
        this.request = request;
        this.response = response;
        this.timing = timing;
        this.open = open;
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
        var target = Objects.requireNonNullElse(request.getHttpURI().getPathQuery(), "/");
        return prefix + PortQuery.without(target.startsWith("/") ? target : "/" + target);
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
        if (location != null && location.startsWith(prefix + "/"))
            headers.put(HttpHeader.LOCATION, location.substring(prefix.length()));
        cookies(headers);
        PlatformHeaders.confine(headers);
        timing.status(status);
        return true;
    }

    private void cookies(HttpFields.Mutable headers) {
        if (!headers.contains(HttpHeader.SET_COOKIE)) return;
        var path =
                Pattern.compile(
                        "(;\\s*path\\s*=\\s*)" + Pattern.quote(prefix) + "(?=/)",
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
        var by = Objects.requireNonNull(forward);
        PortPage.write(request, response, by.answered(), status, text);
    }

    @Override
    public void tunnelled() {
        timing.tunnelled();
    }

    @Override
    public void over() {
        open.remove(Objects.requireNonNull(forward));
        timing.close();
    }
}
