package dev.wrenn.tests.arch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What every file of the tree must and must not be.
class TreeTest {
    private static final Path ROOT = Path.of(System.getProperty("wrenn.root"));
    private static final int MAX_LINES = 500;
    private static final List<String> CODE =
            List.of(".java", ".rs", ".ts", ".svelte", ".sh", ".c", ".py");
    private static final List<String> SKIPPED =
            List.of("target", ".git", ".build", ".wrenn", "node_modules");

    @Test
    void noFileOfCodeIsLongerThanItsLimit() throws IOException {
        var tooLong = new ArrayList<String>();
        for (var file : files(ROOT)) {
            if (!isCode(file)) continue;
            int lines = Files.readAllLines(file).size();
            if (lines > MAX_LINES) tooLong.add(ROOT.relativize(file) + ": " + lines);
        }
        assertThat(tooLong).as("files over %d lines", MAX_LINES).isEmpty();
    }

    @Test
    void everyPackageOfMainCodeSaysWhatItIsFor() throws IOException {
        var missing = new ArrayList<Path>();
        for (var file : files(ROOT)) {
            var relative = ROOT.relativize(file).toString();
            if (!relative.contains("src/main/java/") || !relative.endsWith(".java")) continue;
            var info = file.resolveSibling("package-info.java");
            boolean says =
                    Files.exists(info)
                            && Files.readString(info).contains("@NullMarked")
                            && Files.readString(info).startsWith("///");
            if (!says && !missing.contains(info)) missing.add(info);
        }
        assertThat(missing).as("package-info.java with a comment and @NullMarked").isEmpty();
    }

    @Test
    void sqlStaysInTheStore() throws IOException {
        var sql =
                Pattern.compile(
                        "\"\\s*(select\\s.+\\sfrom|insert\\s+into|update\\s+\\w+\\s+set|delete\\s+from)\\s",
                        Pattern.CASE_INSENSITIVE | Pattern.DOTALL);
        var found = new ArrayList<Path>();
        for (var file : files(ROOT)) {
            var relative = ROOT.relativize(file).toString();
            if (!relative.contains("src/main/java/")
                    || relative.startsWith("control/store/")
                    || relative.startsWith("common/datastores/")) continue;
            if (sql.matcher(Files.readString(file)).find()) found.add(file);
        }
        assertThat(found).isEmpty();
    }

    @Test
    void nothingIsLeftForLater() throws IOException {
        var marker = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
        var found = new ArrayList<String>();
        for (var file : files(ROOT))
            if (isCode(file) && marker.matcher(Files.readString(file)).find())
                found.add(ROOT.relativize(file).toString());
        assertThat(found).isEmpty();
    }

    @Test
    void noSleepSynchronisesATest() throws IOException {
        var found = new ArrayList<String>();
        for (var file : files(ROOT)) {
            var relative = ROOT.relativize(file).toString();
            if (!relative.contains("src/test/java/") || relative.endsWith("Eventually.java"))
                continue;
            if (Files.readString(file).contains("Thread." + "sleep(")) found.add(relative);
        }
        assertThat(found).isEmpty();
    }

    @Test
    void noTestIsSwitchedOff() throws IOException {
        var found = new ArrayList<String>();
        for (var file : files(ROOT)) {
            var relative = ROOT.relativize(file).toString();
            if (!relative.contains("src/test/java/")) continue;
            if (Files.readString(file).contains("@Dis" + "abled")) found.add(relative);
        }
        assertThat(found).isEmpty();
    }

    @Test
    void everyLinkOfTheDocumentsLeadsSomewhere() throws IOException {
        var link = Pattern.compile("\\]\\(([^)#\\s]+)(#[^)]*)?\\)");
        var broken = new ArrayList<String>();
        for (var file : files(ROOT)) {
            if (!file.toString().endsWith(".md")) continue;
            var match = link.matcher(Files.readString(file));
            while (match.find()) {
                var target = match.group(1);
                if (target.contains("://") || target.startsWith("mailto:")) continue;
                if (!Files.exists(file.resolveSibling(target)))
                    broken.add(ROOT.relativize(file) + " -> " + target);
            }
        }
        assertThat(broken).isEmpty();
    }

    private static boolean isCode(Path file) {
        var name = file.getFileName().toString();
        if (CODE.stream().anyMatch(name::endsWith)) return true;
        if (name.contains(".") || !Files.isExecutable(file)) return false;
        try (var lines = Files.lines(file)) { // scripts without an ending
            return lines.findFirst().orElse("").startsWith("#!");
        } catch (IOException e) {
            return false;
        } catch (java.io.UncheckedIOException e) {
            if (e.getCause() instanceof MalformedInputException) return false; // a binary
            throw e;
        }
    }

    private static List<Path> files(Path root) throws IOException {
        var found = new ArrayList<Path>();
        collect(root, found);
        assertThat(found).hasSizeGreaterThan(50);
        return found;
    }

    private static void collect(Path directory, List<Path> found) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            for (var entry : entries.sorted().toList()) {
                if (SKIPPED.contains(entry.getFileName().toString())) continue;
                if (Files.isSymbolicLink(entry)) continue;
                if (Files.isDirectory(entry)) collect(entry, found);
                else if (Files.isRegularFile(entry)) found.add(entry);
            }
        }
    }
}
