package dev.wrenn.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wrenn.common.runtime.Env;
import java.nio.file.Files;
import java.nio.file.Path;
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
    void aBucketIsTriedWhereOneIsSet() {
        assertThat(Machine.bucket(new Env(Map.of()))).isEmpty();
        assertThat(Machine.bucket(new Env(Map.of("WRENN_CP_OBJECTS", "/srv/objects")))).isEmpty();
        var half = Map.of("WRENN_CP_OBJECTS", "s3://images", "WRENN_CP_OBJECTS_ACCESS_KEY_ID", "k");
        assertThat(Machine.bucket(new Env(half)).orElseThrow().line())
                .startsWith("not ok  object store ")
                .contains("WRENN_CP_OBJECTS_SECRET_KEY_FILE: not set");
    }

    /// Port 1 of this machine: nobody listens there.
    @org.junit.jupiter.api.Test
    void aBucketThatCannotBeReachedIsNotOk(@org.junit.jupiter.api.io.TempDir Path directory)
            throws Exception {
        var secret = Files.writeString(directory.resolve("secret"), "a secret of tests");
        var away =
                Map.of(
                        "WRENN_CP_OBJECTS", "s3://images",
                        "WRENN_CP_OBJECTS_ENDPOINT", "http://127.0.0.1:1",
                        "WRENN_CP_OBJECTS_ACCESS_KEY_ID", "k",
                        "WRENN_CP_OBJECTS_SECRET_KEY_FILE", secret.toString());
        assertThat(Machine.bucket(new Env(away)).orElseThrow().line())
                .startsWith("not ok  object store ")
                .contains("bucket images at http://127.0.0.1:1: it cannot be reached");
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
