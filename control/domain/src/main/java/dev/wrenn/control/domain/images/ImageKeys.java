package dev.wrenn.control.domain.images;

import dev.wrenn.control.domain.hosts.ImageName;

/// What the parts of an image are called in the object store. Chunks are shared by the images of
/// one owner only: what one owner has says nothing about another's, and goes with its owner.
///
/// @param prefix of everything of one owner, ends with `/`
record ImageKeys(String prefix) {
    String chunks() {
        return prefix + "chunks/";
    }

    String chunk(String sha256) {
        return chunks() + sha256;
    }

    String manifest(String sha256) {
        return prefix + "manifests/" + sha256;
    }

    static ImageKeys of(ImageName name) {
        return new ImageKeys(name.path() + "/");
    }
}
