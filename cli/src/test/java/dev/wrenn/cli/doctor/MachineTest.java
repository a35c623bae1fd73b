package dev.wrenn.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineTest {
    @ParameterizedTest
    @CsvSource({
        "6.1.0-41-amd64,false",
        "6.7.0,true",
        "6.18.44-x,true",
        "7.0,true",
        "5.19.1,false",
        "odd,false"
    })
    void pagemapScanCameWithLinux67(String release, boolean available) {
        assertThat(Machine.pagemapScan(release).text().startsWith("available"))
                .isEqualTo(available);
    }

    @org.junit.jupiter.api.Test
    void firecrackerIsNeededByWhoInsistsOnIt() {
        var none = Map.of("WRENN_FIRECRACKER_BIN", "/no/firecracker");
        assertThat(Machine.firecracker(none).line())
                .startsWith("-       Firecracker ")
                .contains("not used: Firecracker is missing: there is no /no/firecracker");
        var insisting = new HashMap<>(none);
        insisting.put("WRENN_VMM", "firecracker");
        assertThat(Machine.firecracker(insisting).line())
                .startsWith("not ok  Firecracker ")
                .contains("Firecracker is missing");
    }

    @org.junit.jupiter.api.Test
    void missingControllersAreNamed() {
        assertThat(Machine.controlGroups(List.of()).text()).contains("are limited");
        assertThat(Machine.controlGroups(List.of("cpu", "pids")).text())
                .startsWith("no cpu, pids: VMs are not limited by that");
    }

    @org.junit.jupiter.api.Test
    void aFailedCheckSaysHowToFixIt() {
        assertThat(Check.of(false, "root", "yes", "run as root").line())
                .startsWith("not ok  root ")
                .endsWith("run as root");
        assertThat(Check.of(true, "root", "yes", "run as root").line())
                .startsWith("ok ")
                .endsWith("yes");
    }
}
