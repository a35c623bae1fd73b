package dev.wrenn.cli.doctor;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.host.network.NetworkConfig;
import dev.wrenn.host.network.NetworkException;
import dev.wrenn.host.network.Slots;
import dev.wrenn.host.vmm.Inspection;
import dev.wrenn.host.vmm.VmmException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// The walls around the VMs of a host, as lines of the doctor. Asks the kernel, not the agent: it
/// says the truth about an agent that is down or mistaken as well.
final class SecurityChecks {
    private SecurityChecks() {}

    /// One VM.
    ///
    /// @param checks a heading and a line per wall
    record Vm(boolean whole, List<Check> checks) {
        Vm {
            checks = List.copyOf(checks);
        }
    }

    /// @param host the agent's data directory
    /// @throws CommandFailure when this user may not see
    static List<Vm> vms(Path host) {
        if (!Files.isDirectory(host)) return List.of();
        try {
            var uids = Slots.usersOf(NetworkConfig.RUN_DIR, host);
            return Inspection.of(uids, host).stream().map(SecurityChecks::vm).toList();
        } catch (NetworkException | VmmException e) {
            throw new CommandFailure("run as root: " + e.getMessage());
        }
    }

    static Vm vm(Inspection.Inspected inspected) {
        var checks = new ArrayList<Check>();
        checks.add(Check.info("VM " + inspected.name(), "process " + inspected.pid()));
        for (var wall : inspected.walls())
            checks.add(Check.of(wall.up(), wall.name(), wall.found(), wall.found()));
        return new Vm(inspected.whole(), checks);
    }
}
