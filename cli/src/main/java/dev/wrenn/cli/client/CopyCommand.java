package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/// `wrenn cp SRC DST`: files and folders into a capsule and out of it.
@Command(
        name = "cp",
        description = {
            "Copy a file or folder into a capsule or out of it.",
            "One of the two is a path of this machine, the other ID:PATH. As with cp -r, a"
                    + " destination that is a folder takes the copy into it."
        },
        mixinStandardHelpOptions = true)
public final class CopyCommand implements Callable<Integer> {
    @Mixin private final ClientOptions options = new ClientOptions();

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "SRC", description = "What to copy.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String source;

    @Parameters(index = "1", paramLabel = "DST", description = "Where to.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private String destination;

    @Override
    public Integer call() {
        var from = CapsulePath.parse(source);
        var to = CapsulePath.parse(destination);
        if (from.isPresent() == to.isPresent())
            throw new ParameterException(
                    spec.commandLine(), "expected one of SRC and DST to be ID:PATH");
        try (var api = options.connect()) {
            var files = new FilesApi(api);
            if (to.isPresent()) copyIn(files, Path.of(source), to.get());
            else copyOut(files, from.orElseThrow(), Path.of(destination));
        }
        return 0;
    }

    private void copyIn(FilesApi files, Path from, CapsulePath to) {
        boolean folder = Files.isDirectory(from);
        if (!folder && !Files.isRegularFile(from))
            throw new CommandFailure(from + ": no such file or folder");
        var entry = files.stat(to);
        var name = from.toAbsolutePath().normalize().getFileName();
        boolean into = entry.map(CopyCommand::isFolder).orElse(to.path().endsWith("/"));
        var place = into && name != null ? to.below(name.toString()) : to;
        try (var meter = meter(folder ? 0 : Files.size(from))) {
            if (folder) files.uploadFolder(from, place, meter);
            else files.upload(from, place, meter);
        } catch (IOException e) {
            throw FilesApi.unreadable(from, e);
        }
    }

    private void copyOut(FilesApi files, CapsulePath from, Path to) {
        var entry =
                files.stat(from).orElseThrow(() -> new CommandFailure("not_found: " + from.path()));
        var name = from.name();
        var place = Files.isDirectory(to) && !name.isEmpty() ? to.resolve(name) : to;
        var whole = place.toAbsolutePath().normalize();
        boolean folder = isFolder(entry);
        try (var meter = meter(folder ? 0 : entry.path("size").asLong(0))) {
            if (folder) files.downloadFolder(from, body -> Tar.unpack(meter.count(body), whole));
            else files.download(from, body -> save(meter.count(body), whole));
        }
    }

    /// Beside its place first: half a file must not look like one.
    private static void save(java.io.InputStream body, Path to) throws IOException {
        var parent = to.getParent();
        if (parent == null || Files.isDirectory(to)) throw new CommandFailure(to + ": is a folder");
        Path part;
        try {
            part = Files.createTempFile(parent, ".wrenn-cp-", "");
        } catch (IOException e) {
            throw new CommandFailure(to + ": cannot be written: " + e.getMessage(), e);
        }
        try {
            try (var out = Files.newOutputStream(part)) {
                body.transferTo(out);
            }
            Files.setPosixFilePermissions(
                    part, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
            Files.move(part, to, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static boolean isFolder(JsonNode entry) {
        return entry.path("type").asString("").equals("directory");
    }

    private Meter meter(long total) {
        var console = System.console();
        boolean watched = console != null && console.isTerminal();
        return new Meter(spec.commandLine().getErr(), watched, total);
    }
}
