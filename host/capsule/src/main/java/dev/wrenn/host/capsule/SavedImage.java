package dev.wrenn.host.capsule;

import java.nio.file.Path;

/// The image of a paused capsule or of a template.
///
/// @param number of the image: the next pause has another one; 0 for a template
/// @param directory its files, which do not change
public record SavedImage(int number, Path directory) {}
