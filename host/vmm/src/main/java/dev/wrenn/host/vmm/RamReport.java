package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/// What ramshim said about the guest's RAM: one line of JSON in the VM's working directory, so that
/// a later life of the agent knows it too. The VMM got the descriptor for it before it ran any
/// guest code, and ramshim closed it.
final class RamReport {
    /// Name in a VM's working directory.
    static final String FILE = "ram.json";

    private static final Logger LOG = LoggerFactory.getLogger(RamReport.class);
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int MOST_BYTES = 4096;

    private RamReport() {}

    /// @return empty when there is none, or one that cannot be
    static Optional<GuestRam> read(Path workDir) {
        var file = workDir.resolve(FILE);
        try (var input = Files.newInputStream(file)) {
            var bytes = input.readNBytes(MOST_BYTES);
            if (bytes.length == 0) return Optional.empty(); // ramshim was not loaded
            return Optional.of(parse(bytes));
        } catch (java.nio.file.NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | JacksonException | IllegalArgumentException e) {
            LOG.atWarn().addKeyValue("file", file).setCause(e).log("report of guest RAM unusable");
            return Optional.empty();
        }
    }

    /// @throws JacksonException when it is not the line ramshim writes
    /// @throws IllegalArgumentException when no RAM can be there
    static GuestRam parse(byte[] line) {
        var report = JSON.readTree(line);
        var ram =
                new GuestRam(
                        report.required("base_host_virt_addr").longValue(),
                        report.required("size").longValue(),
                        report.required("tracking").booleanValue());
        if (ram.isDumped()) throw new IllegalArgumentException("guest RAM at address 0");
        return ram;
    }
}
