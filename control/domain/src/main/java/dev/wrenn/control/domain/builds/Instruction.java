package dev.wrenn.control.domain.builds;

import java.time.Duration;
import java.util.List;

/// One step of a recipe.
public sealed interface Instruction {
    /// As it was written.
    String text();

    /// Runs a command of the shell to its end.
    record Run(String command, Duration limit, String text) implements Instruction {}

    /// Starts a command that goes on by itself.
    record Start(String command, String text) implements Instruction {}

    /// Sets a variable for the later steps and for the template.
    ///
    /// @param value before [Expansion]
    record Env(String key, String value, String text) implements Instruction {}

    /// Changes the directory of the later steps, which is made if it is not there.
    record Workdir(String path, String text) implements Instruction {}

    /// Changes who the later steps run as; made if there is nobody of that name.
    record User(String name, String text) implements Instruction {}

    /// Takes files and folders out of the archive.
    ///
    /// @param sources relative to the archive
    /// @param destination absolute, or relative to the directory of the step
    record Copy(List<String> sources, String destination, String text) implements Instruction {
        public Copy {
            sources = List.copyOf(sources);
        }
    }

    /// Fetches an image from its registry, which is done before there is a capsule. No recipe says
    /// it.
    record Pull(String reference) implements Instruction {
        @Override
        public String text() {
            return "PULL " + reference;
        }
    }

    /// Puts the root file system of an image in the place of the capsule's own. No recipe says it.
    record Import(ImportedImage image) implements Instruction {
        @Override
        public String text() {
            return ("IMPORT " + image.source() + " " + image.digest()).strip();
        }
    }

    /// Whether a disk alone holds what the step does: what a started program holds in memory is
    /// lost with its capsule.
    default boolean keptByDisk() {
        return !(this instanceof Start);
    }
}
