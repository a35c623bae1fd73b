package dev.wrenn.control.images;

import java.util.List;

/// The one image of an archive that fits.
///
/// @param digest that names it
/// @param layers lowest first
record Chosen(String digest, Blob config, List<Blob> layers) {
    Chosen {
        layers = List.copyOf(layers);
    }
}
