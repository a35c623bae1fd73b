package dev.wrenn.host.agent;

import dev.wrenn.common.connect.CallContext;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.ResponseStream;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.WatchSandboxesResponse;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.capsule.Change;
import dev.wrenn.host.capsule.Phase;
import java.time.Duration;

/// The stream of changes: snapshot, changes, heartbeats.
final class WatchRpc {
    private static final Duration HEARTBEAT = Duration.ofSeconds(4); // the contract says 5 s
    private static final WatchSandboxesResponse BEAT =
            WatchSandboxesResponse.newBuilder()
                    .setHeartbeat(WatchSandboxesResponse.Heartbeat.getDefaultInstance())
                    .build();

    private final Capsules capsules;

    WatchRpc(Capsules capsules) {
        this.capsules = capsules;
    }

    void watch(
            CallContext call,
            WatchSandboxesRequest request,
            ResponseStream<WatchSandboxesResponse> out)
            throws InterruptedException {
        try (var watch = capsules.feed().watch()) {
            out.send(
                    WatchSandboxesResponse.newBuilder()
                            .setSnapshot(
                                    WatchSandboxesResponse.Snapshot.newBuilder()
                                            .addAllSandboxes(Wire.sandboxes(watch.snapshot())))
                            .build());
            while (true) {
                var change = watch.next(HEARTBEAT);
                if (watch.lost())
                    throw new ConnectException(
                            Code.RESOURCE_EXHAUSTED, "watcher too slow: subscribe again");
                if (change.isEmpty()) out.send(BEAT);
                else if (isWorthTelling(change.get())) out.send(message(change.get()));
            }
        }
    }

    /// One that is being destroyed is neither running nor stopped: its removal is told, soon.
    private static boolean isWorthTelling(Change change) {
        return !(change instanceof Change.Changed(var view)) || view.phase() != Phase.DESTROYING;
    }

    private static WatchSandboxesResponse message(Change change) {
        var message = WatchSandboxesResponse.newBuilder();
        switch (change) {
            case Change.Changed(var view) -> message.setChanged(Wire.sandbox(view));
            case Change.Removed(var id, var incarnation) ->
                    message.setRemoved(
                            WatchSandboxesResponse.Removed.newBuilder()
                                    .setSandboxId(id.toString())
                                    .setIncarnation(incarnation));
            case Change.Denied(var id, var incarnation, var packets, var flows) ->
                    message.setDenied(
                            WatchSandboxesResponse.Denied.newBuilder()
                                    .setSandboxId(id.toString())
                                    .setIncarnation(incarnation)
                                    .setPackets(packets)
                                    .addAllFlows(flows));
        }
        return message.build();
    }
}
