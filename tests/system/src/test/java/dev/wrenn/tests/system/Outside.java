package dev.wrenn.tests.system;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// A network behind the host with machines that listen: in a namespace of its own, joined to the
/// host by a veth pair, with routes on the host to every address.
///
/// 203.0.113.0/24 stands for the internet (TEST-NET-3, RFC 5737); the others are what no capsule
/// may reach. The namespace answers, so that silence is the doing of the host's rules alone.
final class Outside implements AutoCloseable {
    static final String INTERNET = "203.0.113.10";
    static final List<String> FORBIDDEN =
            List.of("10.77.7.10", "172.20.7.10", "192.168.77.10", "100.64.7.10", "169.254.169.254");
    static final int PORT = 18099;

    private static final Duration START = Duration.ofSeconds(20);
    private static final String HOST_SIDE = "203.0.113.9";

    private final String name = "wtest-" + ProcessHandle.current().pid();
    private final String link = "wt-" + ProcessHandle.current().pid();
    private final List<String> seen = new CopyOnWriteArrayList<>();
    private Process listeners;

    Outside() {
        ip("netns", "add", name);
        try {
            ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", name);
            ip("address", "add", HOST_SIDE + "/24", "dev", link);
            ip("link", "set", link, "up");
            ip("-n", name, "link", "set", "lo", "up");
            ip("-n", name, "address", "add", INTERNET + "/24", "dev", "eth0");
            ip("-n", name, "link", "set", "eth0", "up");
            ip("-n", name, "route", "add", "default", "via", HOST_SIDE);
            for (var address : FORBIDDEN) {
                ip("-n", name, "address", "add", address + "/32", "dev", "lo");
                ip("route", "add", address + "/32", "via", INTERNET, "dev", link);
            }
            listeners = listen();
        } catch (RuntimeException | AssertionError e) {
            removeNetwork();
            throw e;
        }
    }

    private Process listen() {
        var command = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + name));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx32m", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.addAll(List.of(Listeners.class.getName(), Integer.toString(PORT), INTERNET));
        command.addAll(FORBIDDEN);
        try {
            var process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
            Thread.ofPlatform().daemon().start(() -> collect(process.inputReader(UTF_8)));
            Eventually.within(
                    START,
                    () -> {
                        if (!seen.contains("ready")) throw new AssertionError("no listeners yet");
                    });
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void collect(BufferedReader lines) {
        lines.lines().forEach(seen::add);
    }

    /// What has arrived so far: `tcp TO from PEER` and `udp TO from PEER`.
    List<String> seen() {
        return List.copyOf(seen);
    }

    private static void ip(String... arguments) {
        var command = new ArrayList<>(List.of("ip"));
        command.addAll(List.of(arguments));
        Cli.system(command.toArray(String[]::new));
    }

    private void removeNetwork() {
        // The host's routes go with the link.
        Cli.system("sh", "-c", "ip link delete " + link + " 2>/dev/null || true");
        Cli.system("sh", "-c", "ip netns delete " + name + " 2>/dev/null || true");
    }

    @Override
    public void close() {
        try {
            listeners.getOutputStream().close();
            if (!listeners.waitFor(10, TimeUnit.SECONDS)) listeners.destroyForcibly();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        } finally {
            removeNetwork();
        }
    }
}
