package dev.wrenn.control.api;

import dev.wrenn.common.model.ChannelId;
import dev.wrenn.control.domain.channels.Channel;
import dev.wrenn.control.domain.channels.ChannelStore.Stored;
import dev.wrenn.control.domain.channels.Channels;
import dev.wrenn.control.domain.channels.Delivered;
import dev.wrenn.control.domain.channels.DeliveryStore;
import dev.wrenn.control.domain.identity.Role;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/// `/v1/channels`: where a team wants to hear of events.
final class ChannelRoutes {
    private static final Access LOOK = new Access.Session(Role.MEMBER);
    private static final Access CHANGE = new Access.Session(Role.ADMIN);
    private static final String CHANNEL = "/v1/channels/{id}";
    private static final int MOST_DELIVERIES = 200;

    private final Channels channels;
    private final DeliveryStore deliveries;
    private final Throttle throttle;

    ChannelRoutes(Channels channels, DeliveryStore deliveries, Throttle throttle) {
        this.channels = channels;
        this.deliveries = deliveries;
        this.throttle = throttle;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/channels", CHANGE, this::create),
                new Route("GET", "/v1/channels", LOOK, this::list),
                new Route("POST", "/v1/channels/test", CHANGE, this::test),
                new Route("GET", CHANNEL, LOOK, this::show),
                new Route("PATCH", CHANNEL, CHANGE, this::change),
                new Route("PUT", CHANNEL + "/config", CHANGE, this::configure),
                new Route("DELETE", CHANNEL, CHANGE, this::delete),
                new Route("GET", CHANNEL + "/deliveries", LOOK, this::log),
                new Route(
                        "POST",
                        CHANNEL + "/deliveries/{delivery}/redeliver",
                        CHANGE,
                        this::redeliver));
    }

    /// 201, with the secret of a webhook this once; 400, 409 for the name or too many.
    private Reply create(Call call) throws IOException {
        var body = call.body();
        try {
            var made =
                    channels.create(
                            call.principal(),
                            body.required("name"),
                            body.required("provider"),
                            body.map("config"),
                            body.texts("events"));
            return stored(201, made.stored(), made.secret());
        } catch (Channels.InvalidException e) {
            throw invalid(e);
        }
    }

    /// 200: by name.
    private Reply list(Call call) {
        return Reply.ok(
                channels.list(call.principal().team()).stream().map(ChannelRoutes::json).toList());
    }

    /// 200; 400, 404.
    private Reply show(Call call) {
        return channels.find(call.principal().team(), id(call))
                .map(channel -> Reply.ok(json(channel)))
                .orElseGet(() -> Reply.error(noChannel()));
    }

    /// 200: what is absent stays; 400, 404, 409.
    private Reply change(Call call) throws IOException {
        var body = call.body();
        var events =
                body.has("events")
                        ? Optional.of(body.texts("events"))
                        : Optional.<List<String>>empty();
        try {
            var stored = channels.change(call.principal(), id(call), body.text("name"), events);
            return stored(200, stored, Optional.empty());
        } catch (Channels.InvalidException e) {
            throw invalid(e);
        }
    }

    /// 200: everything is replaced, with a new secret of a webhook this once; 400, 404.
    private Reply configure(Call call) throws IOException {
        try {
            var made = channels.configure(call.principal(), id(call), call.body().map("config"));
            return stored(200, made.stored(), made.secret());
        } catch (Channels.InvalidException e) {
            throw invalid(e);
        }
    }

    /// 200 when the tool took a message; 400, 429, 502. Nothing is stored.
    private Reply test(Call call) throws IOException {
        var body = call.body();
        var provider = body.required("provider");
        var config = body.map("config");
        throttle.user(Throttle.Kind.TEST_CHANNEL, call.principal());
        try {
            return switch (channels.test(call.principal(), provider, config)) {
                case Delivered.Done _ -> Reply.ok(Map.of("status", "ok"));
                case Delivered.Later(var words, _, _) ->
                        Reply.error(new ApiError(502, "delivery_failed", words));
                case Delivered.Never(var words, _) ->
                        throw ApiException.invalid("config: " + words);
            };
        } catch (Channels.InvalidException e) {
            throw invalid(e);
        }
    }

    /// 204; 400, 404.
    private Reply delete(Call call) {
        return channels.delete(call.principal(), id(call))
                ? Reply.noContent()
                : Reply.error(noChannel());
    }

    /// 200: newest first; 400, 404.
    private Reply log(Call call) {
        var team = call.principal().team();
        var id = id(call);
        if (channels.find(team, id).isEmpty()) return Reply.error(noChannel());
        return Reply.ok(
                deliveries.of(team, id, MOST_DELIVERIES).stream()
                        .map(ChannelRoutes::json)
                        .toList());
    }

    /// 202: it is tried again as if it were new; 400, 404 also for one that has not ended.
    private Reply redeliver(Call call) {
        boolean again = deliveries.again(call.principal().team(), id(call), delivery(call));
        return again
                ? new Reply.Whole(202, "", new byte[0])
                : Reply.error(new ApiError(404, "not_found", "no ended delivery with this id"));
    }

    private static UUID delivery(Call call) {
        try {
            var text = call.path("delivery");
            if (text.length() == 36) return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            // answered below together with other lengths
        }
        throw ApiException.invalid("invalid delivery ID");
    }

    private static Reply stored(int status, Stored stored, Optional<String> secret) {
        return switch (stored) {
            case Stored.Done(var channel) -> {
                var json = json(channel);
                secret.ifPresent(text -> json.put("secret", text));
                yield Reply.json(status, json);
            }
            case Stored.NameTaken _ ->
                    Reply.error(new ApiError(409, "conflict", "name: the team has such a channel"));
            case Stored.Full _ ->
                    Reply.error(new ApiError(409, "conflict", "the team has 100 channels already"));
            case Stored.NotFound _ -> Reply.error(noChannel());
        };
    }

    private static ChannelId id(Call call) {
        return ChannelId.parse(call.id());
    }

    private static ApiException invalid(Channels.InvalidException e) {
        return ApiException.invalid(String.valueOf(e.getMessage()));
    }

    private static ApiError noChannel() {
        return new ApiError(404, "not_found", "channel not found");
    }

    private static Map<String, Object> json(Channel channel) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", channel.id().toString());
        json.put("team_id", channel.team().toString());
        json.put("name", channel.name());
        json.put("provider", channel.provider());
        json.put("events", channel.events());
        channel.lastError().ifPresent(words -> json.put("last_error", words));
        json.put("created_at", channel.createdAt().toString());
        json.put("updated_at", channel.updatedAt().toString());
        return json;
    }

    private static Map<String, Object> json(DeliveryStore.Line line) {
        var json = new LinkedHashMap<String, Object>();
        json.put("id", line.id().toString());
        json.put("event", line.event());
        json.put("resource", line.resource());
        json.put("state", line.state());
        json.put("attempts", line.attempts());
        line.status().ifPresent(status -> json.put("status", status));
        line.error().ifPresent(words -> json.put("error", words));
        json.put("created_at", line.createdAt().toString());
        line.finishedAt().ifPresent(at -> json.put("finished_at", at.toString()));
        return json;
    }
}
