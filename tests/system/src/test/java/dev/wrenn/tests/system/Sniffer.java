package dev.wrenn.tests.system;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/// Looks at every frame on every link of a network namespace, packet(7), for bytes that only the
/// test's own frames have. A process of its own, because a namespace is a thread's.
final class Sniffer implements AutoCloseable {
    private static final int AF_PACKET = 17; // <bits/socket.h>
    private static final int SOCK_RAW = 3;
    private static final int EVERY_PROTOCOL = 0x0300; // htons(ETH_P_ALL)
    private static final int FRAME = 65_536;

    private final Process process;
    private final List<String> lines = new CopyOnWriteArrayList<>();

    /// @param namespace as nsenter(1) takes it
    /// @param marks bytes to look for, in hexadecimal
    Sniffer(String namespace, String... marks) {
        var command = new ArrayList<>(List.of("nsenter", "--net=" + namespace));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx32m"));
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(Sniffer.class.getName());
        command.addAll(List.of(marks));
        try {
            process =
                    new ProcessBuilder(command)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform()
                .daemon()
                .start(() -> process.inputReader(UTF_8).lines().forEach(lines::add));
        try {
            Eventually.within(
                    Api.BOOT,
                    () -> {
                        if (!lines.contains("ready")) throw new AssertionError("not ready");
                    });
        } catch (AssertionError e) {
            process.destroyForcibly();
            throw e;
        }
    }

    /// Frames with this mark so far, in hexadecimal.
    List<String> seen(String mark) {
        return lines.stream().filter(line -> line.startsWith(mark + " ")).toList();
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close(); // it ends with its input
            if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly();
        } catch (IOException e) {
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /// The program inside the namespace.
    ///
    /// @param marks in hexadecimal
    public static void main(String[] marks) throws Throwable {
        var linker = Linker.nativeLinker();
        // int socket(int, int, int); ssize_t recv(int, void *, size_t, int)
        var socket =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("socket"),
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
        var receive =
                linker.downcallHandle(
                        linker.defaultLookup().findOrThrow("recv"),
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_INT, ValueLayout.ADDRESS, JAVA_LONG, JAVA_INT));
        int fd = (int) socket.invokeExact(AF_PACKET, SOCK_RAW, EVERY_PROTOCOL);
        if (fd < 0) throw new IOException("no packet socket (expected: run as root)");
        Thread.ofPlatform().daemon().start(() -> look(receive, fd, marks));
        System.out.println("ready");
        while (System.in.read() >= 0) {
            // Only its end matters.
        }
    }

    private static void look(MethodHandle receive, int fd, String[] marks) {
        var hex = HexFormat.of();
        try (var arena = Arena.ofConfined()) {
            var buffer = arena.allocate(FRAME);
            while (true) {
                long length =
                        (long) receive.invokeExact(fd, (MemorySegment) buffer, (long) FRAME, 0);
                if (length < 0) throw new IOException("recv");
                var bytes = buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                var frame = hex.formatHex(bytes);
                for (var mark : marks)
                    if (frame.contains(mark)) System.out.println(mark + " " + frame);
            }
        } catch (Throwable t) {
            t.printStackTrace();
            Runtime.getRuntime().halt(1); // the test sees that its control does not come
        }
    }
}
