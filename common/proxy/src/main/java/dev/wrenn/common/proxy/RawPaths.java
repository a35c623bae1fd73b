package dev.wrenn.common.proxy;

import java.util.Optional;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.Request;

/// Paths of other people's servers are passed on however odd they are; our own routes stay strict.
public final class RawPaths {
    private RawPaths() {}

    /// Lets every path reach the first handler, which has to ask [#objection].
    public static void accept(HttpConfiguration http) {
        http.setUriCompliance(UriCompliance.UNSAFE);
    }

    /// Why our own routes do not take this path; empty when they do.
    public static Optional<String> objection(Request request) {
        return request.getHttpURI().getViolations().stream()
                .filter(violation -> !UriCompliance.DEFAULT.allows(violation))
                .map(UriCompliance.Violation::getDescription)
                .findFirst();
    }
}
