package dev.wrenn.cli.client;

import dev.wrenn.cli.CommandFailure;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/// `wrenn template build|import|list|delete`.
@Command(
        name = "template",
        description = "Build and import templates, list and delete them; needs `wrenn login`.",
        mixinStandardHelpOptions = true)
public final class TemplateCommand implements Runnable {
    private static final String HEALTH_CHECK = "HEALTHCHECK ";

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(), "expected one of: build, import, list, delete");
    }

    @Command(
            name = "build",
            description = "Build a template and show its log. Exit code 1 when it is no success.",
            mixinStandardHelpOptions = true)
    int build(
            @Mixin ClientOptions options,
            @Option(
                            names = {"-f", "--file"},
                            paramLabel = "RECIPE",
                            required = true,
                            description =
                                    "One instruction per line; a backslash at the end joins the"
                                            + " next. A line HEALTHCHECK … is the health check.")
                    Path recipe,
            @Option(
                            names = "--name",
                            paramLabel = "N",
                            description = "Name of the template (default: that of the file).")
                    @Nullable String name,
            @Option(
                            names = "--archive",
                            paramLabel = "DIR",
                            description = "Folder that COPY takes files from.")
                    @Nullable Path archive,
            @Option(names = "--base", paramLabel = "T", description = "Default: minimal.")
                    @Nullable String base,
            @Option(names = "--memory", paramLabel = "MB") @Nullable Integer memory,
            @Option(names = "--vcpus", paramLabel = "N") @Nullable Integer vcpus,
            @Option(names = "--skip-pre-post", description = "Only the steps of the recipe itself.")
                    boolean bare,
            @Option(names = "--no-cache", description = "Run every step.") boolean noCache,
            @Option(names = "--detach", description = "Print the build's id and end.")
                    boolean detach,
            @Option(names = "--admin", description = BuildCommand.ADMIN) boolean admin) {
        var config = config(recipe);
        config.put("name", name == null ? stem(recipe) : name);
        if (base != null) config.put("base_template", base);
        if (memory != null) config.put("memory_mb", memory);
        if (vcpus != null) config.put("vcpus", vcpus);
        config.put("skip_pre_post", bare).put("no_cache", noCache);
        var route = BuildCommand.route(admin);
        try (var api = options.session()) {
            var made =
                    archive == null
                            ? api.postSlow(route, config)
                            : withArchive(api, route, config, archive);
            var id = CapsuleCommand.text(made.json(), "id");
            out().println(id);
            out().flush();
            return detach ? 0 : BuildCommand.logs(api, route + "/" + id, true, out());
        }
    }

    /// Reads a file of instructions. A backslash at a line's end joins the next, as in a shell.
    static ObjectNode config(Path file) {
        var config = JsonNodeFactory.instance.objectNode();
        var recipe = config.putArray("recipe");
        try {
            var line = new StringBuilder();
            for (var part : Files.readAllLines(file)) {
                if (part.endsWith("\\")) {
                    line.append(part, 0, part.length() - 1);
                    continue;
                }
                var whole = line.append(part).toString();
                line.setLength(0);
                if (whole.strip().startsWith(HEALTH_CHECK))
                    config.put("healthcheck", whole.strip().substring(HEALTH_CHECK.length()));
                else recipe.add(whole);
            }
            if (!line.isEmpty()) recipe.add(line.toString());
            return config;
        } catch (IOException e) {
            throw new CommandFailure("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    static String stem(Path file) {
        var name = String.valueOf(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private static Api.Answer withArchive(Api api, String route, ObjectNode config, Path folder) {
        if (!Files.isDirectory(folder))
            throw new CommandFailure("--archive: " + folder + " is no folder");
        try {
            var packed = Files.createTempFile("wrenn-archive", ".tar.gz");
            try {
                try (var out = new GZIPOutputStream(Files.newOutputStream(packed))) {
                    Tar.pack(folder, out);
                }
                return Form.send(api, route, config, () -> Files.newInputStream(packed));
            } finally {
                Files.delete(packed);
            }
        } catch (IOException e) {
            throw new CommandFailure("cannot pack " + folder + ": " + e.getMessage(), e);
        }
    }

    @Command(
            name = "import",
            description =
                    "Make a template of an image of containers: an archive of `docker save` or an"
                            + " OCI image layout, as tar, tar.gz or tar.zst, or with --pull one in"
                            + " a registry. Exit code 1 when it is no success.",
            mixinStandardHelpOptions = true)
    int importImage(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "FILE|IMAGE") String from,
            @Option(
                            names = "--pull",
                            description =
                                    "IMAGE is [HOST/]PATH[:TAG][@DIGEST], which the platform"
                                            + " fetches.")
                    boolean pull,
            @Option(
                            names = "--name",
                            paramLabel = "N",
                            description = "Name of the template (default: that of the image).")
                    @Nullable String name,
            @Option(
                            names = "--image",
                            paramLabel = "NAME",
                            description = "Which image of an archive that holds more than one.")
                    @Nullable String image,
            @Option(names = "--memory", paramLabel = "MB") @Nullable Integer memory,
            @Option(names = "--vcpus", paramLabel = "N") @Nullable Integer vcpus,
            @Option(names = "--no-cache", description = "Unpack it even when it is known.")
                    boolean noCache,
            @Option(names = "--detach", description = "Print the build's id and end.")
                    boolean detach,
            @Option(names = "--admin", description = BuildCommand.ADMIN) boolean admin) {
        var config = JsonNodeFactory.instance.objectNode();
        config.put("name", name == null ? bare(from) : name);
        if (pull) config.put("reference", from);
        else config.put("source", String.valueOf(Path.of(from).getFileName()));
        if (image != null) config.put("image", image);
        if (memory != null) config.put("memory_mb", memory);
        if (vcpus != null) config.put("vcpus", vcpus);
        config.put("no_cache", noCache);
        try (var api = options.session()) {
            var route = admin ? "/v1/admin/imports" : "/v1/templates/imports";
            var made = pull ? api.post(route, config) : upload(api, route, config, Path.of(from));
            var id = CapsuleCommand.text(made.json(), "id");
            out().println(id);
            out().flush();
            return detach
                    ? 0
                    : BuildCommand.logs(api, BuildCommand.route(admin) + "/" + id, true, out());
        }
    }

    private Api.Answer upload(Api api, String route, ObjectNode config, Path file) {
        if (!Files.isRegularFile(file))
            throw new CommandFailure("no file " + file + " (--pull takes an image of a registry)");
        var console = System.console();
        boolean watched = console != null && console.isTerminal();
        try (var meter = new Meter(spec.commandLine().getErr(), watched, Files.size(file))) {
            return Form.send(api, route, config, () -> meter.count(Files.newInputStream(file)));
        } catch (IOException e) {
            throw new CommandFailure("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /// The last part, without a version and without what says how it is packed.
    static String bare(String from) {
        var last = from.substring(from.lastIndexOf('/') + 1);
        return last.replaceFirst("[:@].*$", "").replaceFirst("(\\.(tar|tgz|gz|zst|oci))+$", "");
    }

    @Command(
            name = "list",
            description = "List the templates the team can use, newest first.",
            mixinStandardHelpOptions = true)
    int list(
            @Mixin ClientOptions options,
            @Option(names = "--admin", description = "Those of every team.") boolean admin,
            @Option(names = "--json", description = "Print the array.") boolean json) {
        try (var api = options.session()) {
            var answer = api.get(route(admin));
            if (json) out().println(answer.text());
            else out().print(SnapshotCommand.table(answer.json().valueStream().toList()));
            out().flush();
        }
        return 0;
    }

    @Command(
            name = "delete",
            description = "Delete templates; capsules made of them go on.",
            mixinStandardHelpOptions = true)
    int delete(
            @Mixin ClientOptions options,
            @Parameters(paramLabel = "NAME", arity = "1..*") List<String> names,
            @Option(names = "--admin", description = BuildCommand.ADMIN) boolean admin) {
        try (var api = options.session()) {
            for (var name : names) api.delete(route(admin) + "/" + CapsuleCommand.segment(name));
        }
        return 0;
    }

    private static String route(boolean admin) {
        return admin ? "/v1/admin/templates" : "/v1/templates";
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
