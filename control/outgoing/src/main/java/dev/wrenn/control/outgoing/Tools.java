package dev.wrenn.control.outgoing;

import dev.wrenn.control.domain.channels.Provider;
import java.net.URI;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;

/// Every tool that channels can tell.
public final class Tools {
    private static final URI TELEGRAM = URI.create("https://api.telegram.org");

    private Tools() {}

    /// By the name that clients write.
    public static Map<String, Provider> all(InstantSource clock) {
        var all = new LinkedHashMap<String, Provider>();
        for (var tool : TextTool.values()) all.put(tool.wire(), tool);
        for (var tool :
                new Provider[] {
                    new Telegram(TELEGRAM), new Matrix(), new Webhook(clock), new Mailbox()
                }) all.put(tool.wire(), tool);
        return all;
    }
}
