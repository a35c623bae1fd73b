package dev.wrenn.cli.instance;

import dev.wrenn.cli.Main;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Command lines that run this program again in another process, with the same JDK and jars.
final class JavaCommand {
    private static final List<String> COMMON =
            List.of(
                    "-XX:+UseSerialGC",
                    "-XX:+UseCompactObjectHeaders",
                    "-XX:+ExitOnOutOfMemoryError",
                    // Else Jetty asks the JVM for the size of a cache line by way of all its
                    // management beans: a fifth of a second.
                    "-Dorg.eclipse.jetty.util.referencesPerCacheLine=16",
                    "--enable-native-access=ALL-UNNAMED",
                    "--sun-misc-unsafe-memory-access=allow");

    /// For processes whose work is waiting: the second compiler costs seconds at start and gains
    /// them nothing.
    static final String ONE_COMPILER = "-XX:TieredStopAtLevel=1";

    /// For processes that answer requests. Their compilers have a nice value of 10, so that
    /// requests do not wait while what serves them is compiled; only the first flag lets the JVM
    /// pass it on. And what has been compiled stays when something comes that it has not seen
    /// before: it is compiled with all its branches, not with a trap in place of each that was not
    /// taken so far.
    static final List<String> FOR_REQUESTS =
            List.of(
                    "-XX:ThreadPriorityPolicy=1",
                    "-XX:CompilerThreadPriority=10",
                    "-XX:PerMethodTrapLimit=0",
                    "-XX:PerBytecodeTrapLimit=0");

    private JavaCommand() {}

    /// @param role names the archive of loaded classes: the first process of a role that ends in an
    ///   orderly way leaves it beside the jars, and the next ones start in two thirds of the time
    /// @param flags of the JVM, for example its heap limit
    static List<String> main(String role, List<String> flags, List<String> arguments) {
        var command = new ArrayList<String>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(classPath(System.getenv("WRENN_APP")));
        command.addAll(COMMON);
        command.addAll(archive(System.getenv("WRENN_APP"), role));
        command.addAll(flags);
        command.add(Main.class.getName());
        command.addAll(arguments);
        return command;
    }

    /// The launcher's argument file keeps command lines short; without it our own class path.
    private static List<String> classPath(@org.jspecify.annotations.Nullable String app) {
        if (app != null) {
            var file = Path.of(app, "wrenn.args");
            if (Files.isReadable(file)) return List.of("@" + file);
        }
        return List.of("-cp", System.getProperty("java.class.path"));
    }

    private static List<String> archive(
            @org.jspecify.annotations.Nullable String app, String role) {
        if (app == null || !Files.isWritable(Path.of(app))) return List.of();
        return List.of(
                "-XX:+AutoCreateSharedArchive",
                "-XX:SharedArchiveFile=" + Path.of(app, role + ".jsa"),
                "-Xlog:cds*=off", // which classes cannot be archived is nobody's business
                "-Xlog:aot*=off");
    }
}
