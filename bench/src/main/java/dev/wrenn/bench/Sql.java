package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Statements for the database of an installation, by `psql`, with the address and password of its
/// control plane; for root only.
final class Sql {
    private static final String URL = "DATABASE_URL";
    private static final String PASSWORD = "DATABASE_PASSWORD_FILE";

    private final Map<String, String> control;

    Sql(Installation installation) {
        control = environment(installation.pid("control"));
    }

    private static Map<String, String> environment(long pid) {
        try {
            var all = new HashMap<String, String>();
            var text = Files.readString(Path.of("/proc", Long.toString(pid), "environ"));
            for (var one : text.split("\0")) {
                int equals = one.indexOf('=');
                if (equals > 0) all.put(one.substring(0, equals), one.substring(equals + 1));
            }
            return all;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A script that lies beside this class.
    static String text(String name) {
        try (var in = Sql.class.getResourceAsStream(name)) {
            if (in == null) throw new BenchException("no " + name);
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Runs statements as one script; any failure ends it.
    ///
    /// @return the rows of its queries, columns with a bar between them
    String run(String script) {
        try {
            var process = session();
            try (var in = process.getOutputStream()) {
                in.write(script.getBytes(StandardCharsets.UTF_8));
            }
            var said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) throw new BenchException("psql: " + said);
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted in psql", e);
        }
    }

    /// A `psql` that takes statements by its standard input, until that is closed.
    Process session() {
        var url = control.getOrDefault(URL, "").replaceFirst("^jdbc:", "");
        try {
            var builder =
                    new ProcessBuilder(List.of("psql", "-qAt", "-v", "ON_ERROR_STOP=1", "-d", url))
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.PIPE);
            var file = control.getOrDefault(PASSWORD, control.get("WRENN_" + PASSWORD));
            if (file != null)
                builder.environment().put("PGPASSWORD", Files.readString(Path.of(file)).strip());
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
