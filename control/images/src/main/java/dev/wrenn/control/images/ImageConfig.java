package dev.wrenn.control.images;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/// What an image says of its programs (OCI image specification, configuration).
///
/// @param user `name`, `uid`, each with a group behind a colon, or empty
/// @param env those with names that a shell knows
/// @param directory absolute
/// @param command entrypoint and its arguments; empty: none
/// @param layers digests of the layers as plain tars, lowest first
record ImageConfig(
        String user,
        Map<String, String> env,
        String directory,
        List<String> command,
        List<String> layers) {
    private static final Pattern KEY = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final int MOST = 4096; // words of a list
    private static final int LONGEST = 128 << 10; // MAX_ARG_STRLEN of Linux

    ImageConfig {
        env = Map.copyOf(env);
        command = List.copyOf(command);
        layers = List.copyOf(layers);
    }

    static ImageConfig of(Blob blob) throws IOException, ImageException {
        var json = Manifests.json(blob.bytes("configuration"), "configuration");
        var os = json.path("os").asString("");
        var architecture = json.path("architecture").asString("");
        if (!os.equals(Manifests.OS) || !architecture.equals(Manifests.ARCHITECTURE))
            throw new ImageException(
                    "the image is for "
                            + text(os + "/" + architecture, "platform")
                            + " (expected: "
                            + Manifests.OS
                            + "/"
                            + Manifests.ARCHITECTURE
                            + ")");
        var layers = texts(json.path("rootfs").path("diff_ids"), "diff_ids");
        for (var layer : layers) Digests.checked(layer);
        var config = json.path("config");
        var command = new ArrayList<>(texts(config.path("Entrypoint"), "Entrypoint"));
        command.addAll(texts(config.path("Cmd"), "Cmd"));
        return new ImageConfig(
                text(config.path("User").asString(""), "User").strip(),
                env(texts(config.path("Env"), "Env")),
                directory(text(config.path("WorkingDir").asString(""), "WorkingDir")),
                command,
                layers);
    }

    private static Map<String, String> env(List<String> lines) {
        var env = new TreeMap<String, String>();
        for (var line : lines) {
            int equals = line.indexOf('=');
            if (equals > 0 && KEY.matcher(line.substring(0, equals)).matches())
                env.put(line.substring(0, equals), line.substring(equals + 1));
        }
        return env;
    }

    private static String directory(String path) throws ImageException {
        return "/" + String.join("/", Paths.parts(path));
    }

    private static List<String> texts(JsonNode array, String name) throws ImageException {
        if (array.isMissingNode() || array.isNull()) return List.of();
        if (!array.isArray() || array.size() > MOST)
            throw new ImageException(name + ": expected up to " + MOST + " texts");
        var texts = new ArrayList<String>();
        for (var text : array) {
            if (!text.isString()) throw new ImageException(name + ": expected texts");
            texts.add(text(text.stringValue(), name));
        }
        return texts;
    }

    /// What programs and databases take.
    private static String text(String text, String name) throws ImageException {
        boolean sound =
                text.length() <= LONGEST
                        && text.codePoints()
                                .allMatch(
                                        c -> c != 0 && Character.getType(c) != Character.SURROGATE);
        if (!sound) throw new ImageException(name + ": no text, or one that is too long");
        return text;
    }
}
