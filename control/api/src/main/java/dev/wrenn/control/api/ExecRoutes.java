package dev.wrenn.control.api;

import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.capsules.Capsules;
import dev.wrenn.control.domain.capsules.Outcomes;
import dev.wrenn.control.domain.hosts.Command;
import dev.wrenn.control.domain.hosts.ExecResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// `POST /v1/capsules/{id}/exec`.
final class ExecRoutes {
    private final Capsules capsules;

    ExecRoutes(Capsules capsules) {
        this.capsules = capsules;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", "/v1/capsules/{id}/exec", new Access.ApiKey(), this::exec));
    }

    /// 200 with whatever exit code; 400, 404, 409 unless running within 4 s, 502, 503, 504 when the
    /// time limit passed.
    private Reply exec(Call call) throws IOException, InterruptedException {
        var id = call.capsule();
        return switch (capsules.ready(call.principal().team(), id)) {
            case Outcomes.Ready.NotFound _ -> Reply.error(ErrorTable.NO_SANDBOX);
            case Outcomes.Ready.No(var status) ->
                    Reply.error(CapsuleRoutes.notRunning(status.wire()));
            case Outcomes.Ready.Yes(var row) -> run(row, CommandFields.waiting(call.body()));
        };
    }

    private Reply run(CapsuleRow row, Command command) {
        return switch (capsules.exec(row, command)) {
            case Outcomes.Exec.Ran(var result, var took) ->
                    Reply.ok(json(row, command, result, took));
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

    private static Map<String, Object> json(
            CapsuleRow row, Command command, ExecResult result, Duration took) {
        var json = new LinkedHashMap<String, Object>();
        json.put("sandbox_id", row.id().toString());
        json.put("cmd", command.program());
        try {
            var out = utf8(result.stdout());
            var err = utf8(result.stderr());
            json.put("stdout", out);
            json.put("stderr", err);
            json.put("exit_code", result.exitCode());
            json.put("duration_ms", took.toMillis());
            json.put("encoding", "utf-8");
        } catch (CharacterCodingException e) {
            json.put("stdout", Base64.getEncoder().encodeToString(result.stdout()));
            json.put("stderr", Base64.getEncoder().encodeToString(result.stderr()));
            json.put("exit_code", result.exitCode());
            json.put("duration_ms", took.toMillis());
            json.put("encoding", "base64");
        }
        if (result.truncated()) json.put("truncated", true);
        return json;
    }

    private static String utf8(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }
}
