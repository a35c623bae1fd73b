package dev.wrenn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The launcher's shell functions, run by bash on a small tree.
class LauncherContractTest {
    private static final Path SCRIPTS =
            Path.of(System.getProperty("wrenn.root", "..")).resolve("cli/launcher");

    private static final Path JDK = Path.of(System.getProperty("java.home"));

    @TempDir Path root;

    @BeforeEach
    void tree() throws IOException {
        Files.createDirectories(root.resolve("part/src/main"));
        Files.createDirectories(root.resolve("part/src/test"));
        Files.createDirectories(root.resolve("part/target"));
        Files.writeString(root.resolve("part/src/main/A.java"), "class A {}");
    }

    /// @return what it printed
    private String bash(String script) throws Exception {
        var prelude =
                "set -euo pipefail; root=%1$s; build=$root/.build; log=$build/log; source %2$s/common.sh;"
                        + " source %2$s/packages.sh; source %2$s/build.sh; source %2$s/test.sh; ";
        var process =
                new ProcessBuilder("bash", "-c", prelude.formatted(root, SCRIPTS) + script)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        process.getOutputStream().close();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        assertThat(process.waitFor()).as(script).isZero();
        return output;
    }

    private String inputs() throws Exception {
        return bash("inputs part");
    }

    @Test
    void whatDidNotChangeIsNotStale() throws Exception {
        var before = inputs();
        Files.writeString(root.resolve("part/target/A.class"), "built");
        Files.writeString(root.resolve("part/src/test/ATest.java"), "class ATest {}");
        assertThat(inputs()).isEqualTo(before).hasSize(64);
    }

    @Test
    void contentTimeAndNamesCount() throws Exception {
        var file = root.resolve("part/src/main/A.java");
        var before = inputs();
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_000_000)));
        var touched = inputs();
        Files.writeString(root.resolve("part/src/main/B.java"), "");
        assertThat(touched).isNotEqualTo(before);
        assertThat(inputs()).isNotEqualTo(touched).isNotEqualTo(before);
    }

    @Test
    void aStampIsForItsHashOnly() throws Exception {
        var said =
                bash(
                        "mkdir -p $build; echo abc >$build/java.stamp;"
                                + " is_built java abc && echo yes; is_built java abd || echo no;"
                                + " is_built native abc || echo none");
        assertThat(said).isEqualTo("yes\nno\nnone");
    }

    @Test
    void onlyAWholeJdk25IsTaken() throws Exception {
        var said =
                bash(
                        "mkdir -p $root/jdk/bin; touch $root/jdk/bin/java $root/jdk/bin/javac;"
                                + " chmod +x $root/jdk/bin/*;"
                                + " for v in 17.0.1 25 25.0.3 250; do echo \"JAVA_VERSION=\\\"$v\\\"\""
                                + " >$root/jdk/release; is_jdk_25 $root/jdk && echo $v; done;"
                                + " rm $root/jdk/bin/javac; is_jdk_25 $root/jdk || echo incomplete");
        assertThat(said).isEqualTo("25\n25.0.3\nincomplete");
    }

    @Test
    void theClosingLineSumsEveryKindOfReport() throws Exception {
        var reports = Files.createDirectories(root.resolve("cli/target/surefire-reports"));
        for (var other : new String[] {"common", "control", "host", "bench", "tests"})
            Files.createDirectories(root.resolve(other));
        Files.writeString(
                reports.resolve("TEST-a.xml"),
                """
                <?xml version="1.0"?>
                <testsuite name="a" time="0.3" tests="5" errors="1" skipped="1" failures="1">
                  <testcase name="one" classname="A"/>
                  <testcase name="two" classname="A"><failure message="x"/></testcase>
                </testsuite>
                """);
        Files.writeString(
                root.resolve("rust.log"),
                """
                test result: ok. 3 passed; 0 failed; 2 ignored; 0 measured; 0 filtered out
                test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
                """);
        Files.writeString(root.resolve("images.log"), "ok x\n12 passed, 0 failed, 3 skipped\n");
        var said =
                bash(
                        "count_surefire 2>/dev/null; count_cargo $root/rust.log; count_images"
                                + " $root/images.log 0;"
                                + " echo $count_passed $count_failed $count_skipped");
        assertThat(said).isEqualTo("21 2 6");
    }

    @Test
    void aSignedJarIsMadeOneThatTheJvmArchives() throws Exception {
        var signed = root.resolve("bc.jar");
        try (var jar = new JarOutputStream(Files.newOutputStream(signed), signedManifest())) {
            for (var name : new String[] {"META-INF/BC.SF", "META-INF/BC.EC", "a/A.class"}) {
                jar.putNextEntry(new JarEntry(name));
                jar.write(name.getBytes(UTF_8));
            }
        }
        bash("mkdir -p $build; JAVA_HOME=%s; unsign_jar %s".formatted(JDK, signed));
        try (var jar = new JarFile(signed.toFile())) {
            var manifest = jar.getManifest();
            assertThat(manifest.getEntries()).isEmpty();
            assertThat(manifest.getMainAttributes().getValue("Multi-Release")).isEqualTo("true");
            assertThat(jar.stream().filter(e -> !e.isDirectory()).map(JarEntry::getName))
                    .containsExactlyInAnyOrder("META-INF/MANIFEST.MF", "a/A.class");
            try (var in = jar.getInputStream(jar.getEntry("a/A.class"))) {
                assertThat(in.readAllBytes()).asString(UTF_8).isEqualTo("a/A.class");
            }
        }
        try (var left = Files.list(root.resolve(".build"))) {
            assertThat(left.filter(f -> f.toString().contains("unsign"))).isEmpty();
        }
    }

    private static Manifest signedManifest() {
        var manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MULTI_RELEASE, "true");
        var digest = new Attributes();
        digest.putValue("SHA-256-Digest", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        manifest.getEntries().put("a/A.class", digest);
        return manifest;
    }

    @Test
    void theClassPathIsOneQuotedWordInAFixedOrder() throws Exception {
        var said =
                bash(
                        "mkdir -p \"$root/a b/lib\"; touch \"$root/a b/lib/\"{z,y}.jar;"
                                + " write_classpath \"$root/a b\" lib");
        assertThat(said).isEqualTo("-cp \"" + root + "/a b/lib/y.jar:" + root + "/a b/lib/z.jar\"");
    }
}
