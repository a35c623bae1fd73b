package dev.wrenn.cli.doctor;

import dev.wrenn.cli.CommandFailure;
import dev.wrenn.cli.DataDir;
import dev.wrenn.cli.instance.Acceleration;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `wrenn doctor`: exit code 1 when something needed is missing.
@Command(
        name = "doctor",
        description =
                "Check each prerequisite, or each VM; exit code 1 when one is not as it must be.",
        mixinStandardHelpOptions = true)
public final class DoctorCommand implements Callable<Integer> {
    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "The instance to be (default: .wrenn beside the launcher).")
    private @Nullable Path dataDir;

    @Option(names = "--port", paramLabel = "N", defaultValue = "8080", description = "Of the API.")
    private int port;

    @Option(
            names = "--security",
            description = "Say for each running VM which wall stands around it, and nothing else.")
    private boolean security;

    @Override
    public Integer call() {
        var data = DataDir.of(dataDir, System.getenv());
        if (security) return security(data);
        var checks = new Machine(data, port).checks();
        int failed = parse(System.getenv("WRENN_DOCTOR_FAILED"));
        for (var check : checks) {
            System.out.println(check.line());
            if (check.verdict() == Check.Verdict.NOT_OK) failed++;
        }
        System.out.println(Check.info("acceleration", Acceleration.describe(data)).line());
        System.out.println(
                failed == 0
                        ? "everything that is needed is there"
                        : failed + (failed == 1 ? " thing is" : " things are") + " missing");
        return failed == 0 ? 0 : CommandFailure.FAILED;
    }

    private static int security(DataDir data) {
        var vms = SecurityChecks.vms(data.host());
        for (var vm : vms) vm.checks().forEach(check -> System.out.println(check.line()));
        long open = vms.stream().filter(vm -> !vm.whole()).count();
        System.out.println(
                open == 0
                        ? vms.size() + (vms.size() == 1 ? " VM, " : " VMs, ") + "all walls are up"
                        : open + " of " + vms.size() + " VMs lack a wall");
        return open == 0 ? 0 : CommandFailure.FAILED;
    }

    /// What the launcher counted before Java could run.
    private static int parse(@Nullable String count) {
        return count == null || !count.matches("\\d{1,3}") ? 0 : Integer.parseInt(count);
    }
}
