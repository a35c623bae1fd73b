package dev.wrenn.bench;

import dev.wrenn.host.memory.LoadedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// Makes floors that restore images with bare QEMU, driven by `bench/floor/qemu-restore.c`.
record Restorer(Place place, Scratch scratch, Path program) implements AutoCloseable {
    private static final AtomicInteger DISKS = new AtomicInteger();
    private static final String NOTHING = "-"; // is to be saved

    static Restorer of(Place place) {
        try {
            var scratch = Scratch.create();
            try {
                var program = FloorProgram.compile(place.root(), "qemu-restore", scratch.path());
                return new Restorer(place, scratch, program);
            } catch (RuntimeException e) {
                scratch.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// @param vmm arguments of a VMM of the product that was restored itself
    /// @param token what the guest in the image will be asked with
    Floor floor(List<String> vmm, LoadedImage image, String token) {
        return floor(vmm, image, token, List.of(NOTHING, NOTHING));
    }

    /// Guests that begin with the image of which the product's creates are made.
    Floor floor(WarmImage warm) {
        return floor(warm.command(), warm.image(), Floor.TOKEN);
    }

    /// @param fifos over which saves are asked for and answered
    Floor floor(List<String> vmm, LoadedImage image, String token, List<String> fifos) {
        var host = place.installation().host();
        var name = "bench-floor-" + ProcessHandle.current().pid() + "-" + DISKS.incrementAndGet();
        var disk = host.resolve(name + ".ext4");
        var memory = Stored.memory(image).toString();
        var command =
                new ArrayList<>(
                        List.of(program.toString(), image.deviceState().toString(), memory));
        command.addAll(fifos);
        command.addAll(FloorCommand.restored(vmm, disk.toString(), memory));
        return new Floor(
                place.root().resolve("bench/floor/bare-qemu"),
                image.disk(),
                disk,
                command,
                token,
                place.http());
    }

    @Override
    public void close() {
        scratch.close();
    }
}
