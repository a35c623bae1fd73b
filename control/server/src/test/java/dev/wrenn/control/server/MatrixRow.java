package dev.wrenn.control.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A row of `authorization-matrix.txt`.
///
/// @param anybody whether everybody gets the same
/// @param host whether only the agent of the host in the path gets anything
/// @param expected statuses, one for each column, or the one for everybody
record MatrixRow(
        String method,
        String path,
        String body,
        boolean anybody,
        boolean host,
        List<Integer> expected) {
    static final List<String> COLUMNS =
            List.of(
                    "member",
                    "admin",
                    "owner",
                    "full",
                    "read-only",
                    "exec-only",
                    "removed",
                    "foreign",
                    "platform");

    static List<MatrixRow> all() {
        try (var in = MatrixRow.class.getResourceAsStream("/authorization-matrix.txt")) {
            var rows = new ArrayList<MatrixRow>();
            for (var line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n"))
                if (!line.isBlank() && !line.startsWith("#")) rows.add(parse(line));
            return rows;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static MatrixRow parse(String line) {
        var cells = line.split("\\|");
        var operation = cells[0].strip().split(" ", 2);
        var rest = new StringBuilder();
        for (int i = 2; i < cells.length; i++) rest.append(cells[i]).append(' ');
        var words = rest.toString().strip().split("\\s+");
        boolean anybody = words[0].equals("anybody");
        var expected = new ArrayList<Integer>();
        boolean host = words[0].equals("host");
        boolean one = anybody || host;
        for (int i = one ? 1 : 0; i < words.length; i++) expected.add(Integer.parseInt(words[i]));
        if (expected.size() != (one ? 1 : COLUMNS.size()))
            throw new IllegalStateException("columns: " + line);
        return new MatrixRow(operation[0], operation[1], cells[1].strip(), anybody, host, expected);
    }

    String operation() {
        return method + " " + path;
    }

    /// For the agent of the host in the path.
    int agent() {
        return anybody || host ? expected.getFirst() : 401;
    }

    int of(String column) {
        if (host) return 401;
        return anybody ? expected.getFirst() : expected.get(COLUMNS.indexOf(column));
    }

    /// For who shows nothing that is good.
    int stranger() {
        return anybody ? expected.getFirst() : 401;
    }

    /// For a switched-off account.
    int deactivated() {
        if (host) return 401;
        return anybody ? expected.getFirst() : 403;
    }
}
