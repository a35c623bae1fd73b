package dev.wrenn.cli.client;

import java.io.PrintWriter;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/// Prints what is new of a build each time it is looked at. For one thread.
final class BuildLog {
    private final PrintWriter to;
    private final Map<Integer, int[]> printed = new HashMap<>(); // by step: characters of each

    BuildLog(PrintWriter to) {
        this.to = to;
    }

    /// @return whether the build is over
    boolean show(JsonNode build) {
        int steps = build.path("total_steps").asInt(0);
        for (var log : build.path("logs")) {
            int step = log.path("step").asInt(0);
            var seen = printed.get(step);
            if (seen == null) {
                seen = new int[3];
                printed.put(step, seen);
                to.printf("[%d/%d] %s%n", step, steps, log.path("cmd").asString(""));
            }
            seen[0] = text(log.path("stdout").asString(""), seen[0]);
            seen[1] = text(log.path("stderr").asString(""), seen[1]);
            boolean over = !log.path("ok").isNull();
            if (over && seen[2] == 0) {
                seen[2] = 1;
                to.printf("        %s%n", end(log));
            }
        }
        to.flush();
        var status = build.path("status").asString("");
        return !status.equals("pending") && !status.equals("running");
    }

    /// What was cut out of the middle may come again: the end counts.
    private int text(String text, int from) {
        int start = Math.min(from, text.length());
        to.print(text.substring(start));
        if (start < text.length() && !text.endsWith("\n")) to.println();
        return text.length();
    }

    private static String end(JsonNode log) {
        if (log.path("cached").asBoolean(false)) return "cached";
        var took = "%.1f s".formatted(log.path("elapsed_ms").asLong(0) / 1e3);
        if (log.path("ok").asBoolean(false)) return "done in " + took;
        var exit = log.path("exit");
        return (exit.isNull() ? "failed" : "exit code " + exit.asInt()) + " after " + took;
    }
}
