package dev.wrenn.control.images;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/// Archives that hold images: an OCI image layout, or what `docker save` wrote before it wrote that
/// as well.
final class ImageArchive {
    private static final String INDEX = "index.json";
    private static final String DOCKER = "manifest.json";
    private static final String JSON = ".json";

    private ImageArchive() {}

    /// @param wanted name of the image; empty: there must be one only
    static Chosen choose(Blobs blobs, Optional<String> wanted, Bounds bounds)
            throws IOException, ImageException {
        var layout = blobs.find("oci-layout");
        if (layout.isPresent() && blobs.find(INDEX).isPresent())
            return layout(blobs, layout.get(), wanted, bounds);
        var docker = blobs.find(DOCKER);
        if (docker.isPresent()) return docker(blobs, docker.get(), wanted, bounds);
        throw new ImageException(
                "expected an OCI image layout (oci-layout, index.json) or an archive of docker"
                        + " save (manifest.json)");
    }

    private static Chosen layout(Blobs blobs, Blob layout, Optional<String> wanted, Bounds bounds)
            throws IOException, ImageException {
        var version =
                Manifests.json(layout.bytes("oci-layout"), "oci-layout")
                        .path("imageLayoutVersion")
                        .asString("");
        if (!version.startsWith("1."))
            throw new ImageException("oci-layout: expected imageLayoutVersion 1.0.0");
        Source source =
                (digest, size) -> {
                    var name = "blobs/sha256/" + digest.substring(digest.indexOf(':') + 1);
                    var blob = blobs.find(name);
                    if (blob.isEmpty()) throw new ImageException("not in the archive: " + digest);
                    if (!blob.get().digest().equals(digest) || blob.get().size() != size)
                        throw new ImageException("another content than it says: " + digest);
                    return blob.get();
                };
        var index = blobs.find(INDEX).orElseThrow().bytes(INDEX);
        return new Manifests(source, bounds).choose(Manifests.json(index, INDEX), wanted);
    }

    private static Chosen docker(Blobs blobs, Blob list, Optional<String> wanted, Bounds bounds)
            throws IOException, ImageException {
        var images = Manifests.json(list.bytes(DOCKER), DOCKER);
        if (!images.isArray()) throw new ImageException("manifest.json: expected a list");
        var fitting = new ArrayList<JsonNode>();
        var names = new ArrayList<String>();
        for (var image : images) {
            var tags = texts(image.path("RepoTags"));
            names.addAll(tags);
            if (wanted.isEmpty() || tags.contains(wanted.get())) fitting.add(image);
        }
        if (fitting.isEmpty())
            throw new ImageException(
                    "no image " + wanted.orElse("in it") + Manifests.listed(names));
        if (fitting.size() > 1)
            throw new ImageException("more than one image: name one" + Manifests.listed(names));
        return docker(blobs, fitting.getFirst(), bounds);
    }

    /// The configuration's name is its digest, and it names the digests of the layers.
    private static Chosen docker(Blobs blobs, JsonNode image, Bounds bounds)
            throws IOException, ImageException {
        var name = image.path("Config").asString("");
        var config = file(blobs, name);
        var last = name.substring(name.lastIndexOf('/') + 1);
        var hex = last.endsWith(JSON) ? last.substring(0, last.length() - JSON.length()) : last;
        if (!config.digest().equals("sha256:" + hex))
            throw new ImageException("another content than it says: " + name);
        var layers = new ArrayList<Blob>();
        for (var layer : texts(image.path("Layers"))) layers.add(file(blobs, layer));
        if (layers.size() > bounds.layers())
            throw new ImageException("manifest: expected up to " + bounds.layers() + " layers");
        return new Chosen(config.digest(), config, layers);
    }

    private static Blob file(Blobs blobs, String path) throws ImageException {
        return blobs.find(String.join("/", Paths.parts(path)))
                .orElseThrow(() -> new ImageException("not in the archive: " + path));
    }

    private static List<String> texts(JsonNode array) throws ImageException {
        var texts = new ArrayList<String>();
        for (var text : array) {
            if (!text.isString()) throw new ImageException("manifest.json: expected texts");
            texts.add(text.stringValue());
        }
        return texts;
    }
}
