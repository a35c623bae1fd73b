package dev.wrenn.host.disk;

import dev.wrenn.common.model.MemorySize;
import java.nio.file.Path;

/// The host has too little free space for what was asked; the message says how much is missing.
public final class DiskFullException extends DiskException {
    private static final long serialVersionUID = 1L;

    DiskFullException(Path directory, MemorySize free, MemorySize needed) {
        super(
                "disk full: "
                        + free.mib()
                        + " MiB free in "
                        + directory
                        + ", needed "
                        + needed.mib()
                        + " MiB");
    }

    DiskFullException(Path directory, Throwable cause) {
        super("disk full: writing in " + directory, cause);
    }
}
