package dev.wrenn.control.domain.channels;

import java.util.List;

/// What channels can be told.
public final class EventNames {
    /// Every event.
    public static final List<String> ALL =
            List.of(
                    "capsule.created",
                    "capsule.running",
                    "capsule.paused",
                    "capsule.destroyed",
                    "capsule.network.denied",
                    "template.snapshot.created",
                    "template.snapshot.deleted",
                    "host.up",
                    "host.down");

    /// Of a test message.
    static final String TEST = "channel.test";

    private EventNames() {}

    static String summary(String event, String id) {
        return switch (event) {
            case "capsule.created" -> "Capsule " + id + " created";
            case "capsule.running" -> "Capsule " + id + " is running";
            case "capsule.paused" -> "Capsule " + id + " paused";
            case "capsule.destroyed" -> "Capsule " + id + " destroyed";
            case "capsule.network.denied" -> "Capsule " + id + " tried to go where it may not";
            case "template.snapshot.created" -> "Template snapshot " + id + " created";
            case "template.snapshot.deleted" -> "Template snapshot " + id + " deleted";
            case "host.up" -> "Host " + id + " is up";
            case "host.down" -> "Host " + id + " is down";
            default -> "Test of a channel";
        };
    }
}
