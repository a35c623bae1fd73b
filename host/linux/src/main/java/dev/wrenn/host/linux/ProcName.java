package dev.wrenn.host.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// The arguments of another process, as `ps` shows them: proc_pid_cmdline(5) reads them out of the
/// process's own memory, so that changing them there changes what everyone sees.
public final class ProcName {
    private ProcName() {}

    /// Replaces the argument that follows `option`, in a process that may be traced by the caller
    /// and that cannot end unnoticed meanwhile (a child, or one held by a pidfd).
    ///
    /// @param value as long as what it replaces
    /// @throws IOException when there is no such process or option, or the lengths differ
    public static void replace(int pid, String option, String value) throws IOException {
        var process = Path.of("/proc", Integer.toString(pid));
        var arguments = Files.readAllBytes(process.resolve("cmdline"));
        int begin = after(arguments, (option + "\0").getBytes(UTF_8));
        var bytes = value.getBytes(UTF_8);
        int end = begin + bytes.length;
        if (end >= arguments.length || arguments[end] != 0)
            throw new IOException("argument of " + option + " has another length than " + value);
        long start = startOfArguments(Files.readString(process.resolve("stat")));
        try (var memory = new RandomAccessFile(process.resolve("mem").toFile(), "rw")) {
            memory.seek(start + begin);
            memory.write(bytes);
        }
    }

    /// Where the argument behind `option` begins; both are whole arguments.
    private static int after(byte[] arguments, byte[] option) throws IOException {
        for (int i = 0; i + option.length <= arguments.length; i++) {
            boolean whole = i == 0 || arguments[i - 1] == 0;
            if (whole && Arrays.equals(arguments, i, i + option.length, option, 0, option.length))
                return i + option.length;
        }
        throw new IOException("no such argument: " + new String(option, UTF_8));
    }

    /// Field `arg_start` of proc_pid_stat(5).
    private static long startOfArguments(String stat) throws IOException {
        var fields = stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ");
        long start = Long.parseUnsignedLong(fields[48 - 3]);
        if (start == 0) throw new IOException("arguments of the process are not ours to see");
        return start;
    }
}
