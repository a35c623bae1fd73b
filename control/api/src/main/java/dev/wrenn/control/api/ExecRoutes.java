package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.capsules.Processes;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecResult;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.Started;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import tools.jackson.core.JsonGenerator;

/// `POST /v1/capsules/{id}/exec`.
final class ExecRoutes {
    private static final int CHUNK = 8192;

    private final Capsules capsules;
    private final Processes processes;

    ExecRoutes(Capsules capsules, Processes processes) {
        this.capsules = capsules;
        this.processes = processes;
    }

    List<Route> routes() {
        return List.of(new Route("POST", "/v1/capsules/{id}/exec", TeamAccess.USE, this::exec));
    }

    /// 200 with whatever exit code, or 202 in the background; 400, 404, 409 unless running within 4
    /// s, 502, 503, 504 when the time limit passed.
    private Reply exec(Call call) throws IOException, InterruptedException {
        var id = call.capsule();
        return switch (capsules.ready(call.principal().team(), id)) {
            case Outcomes.Ready.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case Outcomes.Ready.No(var state) -> Reply.error(ErrorTable.notRunning(state));
            case Outcomes.Ready.Yes(var row) -> {
                var body = call.body();
                yield body.flag("background")
                        ? start(row, CommandFields.background(body), CommandFields.tag(body))
                        : run(row, CommandFields.waiting(body));
            }
        };
    }

    /// 202; 409 when a live process has the tag.
    private Reply start(CapsuleRow row, Command command, String tag) {
        return switch (processes.start(row, command, tag)) {
            case HostAnswer.Done(Started(var pid, var name)) -> {
                var body = new LinkedHashMap<String, Object>();
                body.put("sandbox_id", row.id().toString());
                body.put("cmd", command.program());
                body.put("pid", pid);
                body.put("tag", name);
                yield Reply.json(202, body);
            }
            case HostAnswer.Refused(var fault, var detail) ->
                    Reply.error(ErrorTable.of(fault, detail));
        };
    }

    private Reply run(CapsuleRow row, Command command) {
        return switch (capsules.exec(row, command)) {
            case Outcomes.Exec.Ran(var result, var took) ->
                    new Reply.Streamed(200, out -> write(row, command, result, took, out));
            case Outcomes.Exec.TimedOut(var limit) ->
                    Reply.error(
                            new ApiError(
                                    504,
                                    "exec_timeout",
                                    "timeout: killed after " + limit.toSeconds() + " s"));
            case Outcomes.Exec.Failed(var fault, var detail) ->
                    Reply.error(ErrorTable.of(fault, detail));
        };
    }

    /// Written as it is made: two streams of 32 MiB can be several times as long in JSON.
    private static void write(
            CapsuleRow row, Command command, ExecResult result, Duration took, OutputStream to) {
        boolean text = isUtf8(result.stdout()) && isUtf8(result.stderr());
        try (var json = Json.generator(to)) {
            json.writeStartObject();
            json.writeStringProperty("sandbox_id", row.id().toString());
            json.writeStringProperty("cmd", command.program());
            output(json, "stdout", result.stdout(), text);
            output(json, "stderr", result.stderr(), text);
            json.writeNumberProperty("exit_code", result.exitCode());
            json.writeNumberProperty("duration_ms", took.toMillis());
            json.writeStringProperty("encoding", text ? "utf-8" : "base64");
            if (result.truncated()) json.writeBooleanProperty("truncated", true);
            json.writeEndObject();
        }
    }

    private static void output(JsonGenerator json, String name, byte[] bytes, boolean text) {
        json.writeName(name);
        if (text) json.writeString(new String(bytes, StandardCharsets.UTF_8));
        else json.writeBinary(bytes);
    }

    private static boolean isUtf8(byte[] bytes) {
        var decoder = StandardCharsets.UTF_8.newDecoder();
        var in = ByteBuffer.wrap(bytes);
        var out = CharBuffer.allocate(CHUNK);
        while (true) {
            var result = decoder.decode(in, out, true);
            if (result.isError()) return false;
            if (result.isUnderflow()) return true;
            out.clear();
        }
    }
}
