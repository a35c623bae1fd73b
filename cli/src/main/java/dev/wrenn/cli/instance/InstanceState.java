package dev.wrenn.cli.instance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.wrenn.common.runtime.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What the supervisor says about its instance, in `run/state.json`: for `up`, `down` and `status`
/// in other processes.
///
/// @param ready capsules can be created
record InstanceState(
        ProcessId supervisor,
        boolean ready,
        String apiUrl,
        int agentPort,
        List<Keeper.Status> parts) {
    static Path file(Path run) {
        return run.resolve("state.json");
    }

    /// Empty when there is none, or it cannot be understood.
    static Optional<InstanceState> read(Path run) {
        try {
            var bytes = Files.readAllBytes(file(run));
            return Optional.of(JsonMapper.shared().readValue(bytes, InstanceState.class));
        } catch (IOException | JacksonException e) {
            return Optional.empty();
        }
    }

    /// The state, if the supervisor that wrote it lives.
    static Optional<InstanceState> ofLiving(Path run) {
        return read(run).filter(s -> s.supervisor().isAlive());
    }

    void write(Path run) throws IOException {
        AtomicFiles.write(file(run), JsonMapper.shared().writeValueAsString(this).getBytes(UTF_8));
    }
}
