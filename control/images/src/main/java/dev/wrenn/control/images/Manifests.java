package dev.wrenn.control.images;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Manifests and indexes of the OCI image specification and their forefathers of Docker: finds the
/// one image for our platform. For one thread.
final class Manifests {
    static final String OS = "linux";
    static final String ARCHITECTURE = "amd64";

    /// What registries are asked for.
    static final List<String> TYPES =
            List.of(
                    "application/vnd.oci.image.index.v1+json",
                    "application/vnd.oci.image.manifest.v1+json",
                    "application/vnd.docker.distribution.manifest.list.v2+json",
                    "application/vnd.docker.distribution.manifest.v2+json");

    private static final int DEEPEST = 4; // indexes in indexes
    private static final int MOST_MANIFESTS = 256;
    private static final int LONGEST_LIST = 20; // of names in a refusal

    private final Source source;
    private final Bounds bounds;
    private int seen;

    Manifests(Source source, Bounds bounds) {
        this.source = source;
        this.bounds = bounds;
    }

    /// Finds the image in an index whose entries are images and platforms of images.
    ///
    /// @param wanted name of one; empty: there must be one only
    Chosen choose(JsonNode index, Optional<String> wanted) throws IOException, ImageException {
        var found = new LinkedHashMap<String, JsonNode>();
        var names = new ArrayList<String>();
        for (var entry : entries(index)) {
            var own = names(entry);
            names.addAll(own);
            if (wanted.isPresent() && own.stream().noneMatch(wanted.get()::equals)) continue;
            collect(entry, 0, found);
        }
        if (found.isEmpty())
            throw new ImageException(
                    wanted.isPresent() && !names.contains(wanted.get())
                            ? "no image " + wanted.get() + listed(names)
                            : "no image for " + OS + "/" + ARCHITECTURE);
        if (found.size() > 1)
            throw new ImageException("more than one image: name one" + listed(names));
        var only = found.entrySet().iterator().next();
        return image(only.getKey(), only.getValue());
    }

    /// The image that a manifest or an index is or holds.
    Chosen choose(String digest, byte[] manifest) throws IOException, ImageException {
        var found = new LinkedHashMap<String, JsonNode>();
        document(digest, json(manifest, "manifest"), 0, found);
        if (found.isEmpty()) throw new ImageException("no image for " + OS + "/" + ARCHITECTURE);
        var first = found.entrySet().iterator().next(); // an index prefers what it names first
        return image(first.getKey(), first.getValue());
    }

    private void collect(JsonNode descriptor, int depth, Map<String, JsonNode> found)
            throws IOException, ImageException {
        if (!ours(descriptor.path("platform"))) return;
        var digest = Digests.checked(descriptor.path("digest").asString(""));
        if (found.containsKey(digest)) return;
        if (++seen > MOST_MANIFESTS)
            throw new ImageException("more than " + MOST_MANIFESTS + " manifests");
        var blob = source.manifest(digest, size(descriptor));
        document(digest, json(blob.bytes("manifest"), "manifest"), depth, found);
    }

    private void document(String digest, JsonNode json, int depth, Map<String, JsonNode> found)
            throws IOException, ImageException {
        if (json.has("manifests")) {
            if (depth >= DEEPEST)
                throw new ImageException("indexes in indexes, more than " + DEEPEST);
            for (var entry : entries(json)) collect(entry, depth + 1, found);
        } else if (json.has("config") && json.has("layers")) {
            found.put(digest, json);
        } else {
            throw new ImageException("manifest: expected an image or an index, version 2");
        }
    }

    /// One that says nothing is looked at: its configuration tells.
    private static boolean ours(JsonNode platform) {
        if (!platform.isObject()) return true;
        return platform.path("os").asString("").equals(OS)
                && platform.path("architecture").asString("").equals(ARCHITECTURE);
    }

    private static Iterable<JsonNode> entries(JsonNode index) throws ImageException {
        var manifests = index.path("manifests");
        if (!manifests.isArray() || manifests.size() > MOST_MANIFESTS)
            throw new ImageException("index: expected up to " + MOST_MANIFESTS + " manifests");
        return manifests;
    }

    private static List<String> names(JsonNode descriptor) {
        var annotations = descriptor.path("annotations");
        var names = new ArrayList<String>();
        for (var key : List.of("io.containerd.image.name", "org.opencontainers.image.ref.name")) {
            var name = annotations.path(key).asString("");
            if (!name.isEmpty()) names.add(name);
        }
        return names;
    }

    static String listed(List<String> names) {
        return names.isEmpty()
                ? ""
                : " (there are: "
                        + String.join(", ", names.stream().limit(LONGEST_LIST).toList())
                        + ")";
    }

    private Chosen image(String digest, JsonNode manifest) throws IOException, ImageException {
        var layers = manifest.path("layers");
        if (!layers.isArray() || layers.size() > bounds.layers())
            throw new ImageException("manifest: expected up to " + bounds.layers() + " layers");
        var config = blob(manifest.path("config"));
        var blobs = new ArrayList<Blob>();
        for (var layer : layers) blobs.add(blob(layer));
        return new Chosen(digest, config, blobs);
    }

    private Blob blob(JsonNode descriptor) throws IOException, ImageException {
        return source.blob(
                Digests.checked(descriptor.path("digest").asString("")), size(descriptor));
    }

    private static long size(JsonNode descriptor) throws ImageException {
        var size = descriptor.path("size");
        if (!size.isIntegralNumber() || !size.canConvertToLong() || size.longValue() < 0)
            throw new ImageException("descriptor: expected a size");
        return size.longValue();
    }

    /// @param what it is, for the words of the refusal
    static JsonNode json(byte[] bytes, String what) throws ImageException {
        try {
            var json = JsonMapper.shared().readTree(bytes);
            if (json != null && (json.isObject() || json.isArray())) return json;
        } catch (JacksonException e) {
            // answered below
        }
        throw new ImageException(what + ": expected JSON");
    }
}
