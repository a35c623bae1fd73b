package dev.wrenn.common.proxy;

import org.eclipse.jetty.http.HttpFields;

/// A [Leg] that can also go over a [Lanes lane], without the server behind which the other one is.
public interface LaneLeg extends Leg {
    /// Path and query for the last server, sent exactly like this.
    String direct();

    /// Changes what the client gets of an answer that came over a lane; connection headers are gone
    /// already.
    void answer(int status, HttpFields.Mutable headers);
}
