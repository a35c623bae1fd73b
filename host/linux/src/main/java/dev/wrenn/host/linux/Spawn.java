package dev.wrenn.host.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Starts a process that inherits exactly what it is given, posix_spawn(3): these arguments, this
/// environment, these descriptors, default signals, a session of its own. The namespaces are those
/// of the calling thread. Thread-safe.
public final class Spawn {
    static final long ATTRIBUTES_BYTES = 336; // sizeof(posix_spawnattr_t), glibc <spawn.h>
    static final long ACTIONS_BYTES = 80; // sizeof(posix_spawn_file_actions_t), glibc <spawn.h>
    static final long SIGSET_BYTES = 128; // sizeof(sigset_t), glibc

    private static final short SETSIGDEF = 0x04; // POSIX_SPAWN_SETSIGDEF, <spawn.h>
    private static final short SETSIGMASK = 0x08; // POSIX_SPAWN_SETSIGMASK, <spawn.h>
    private static final short SETSID = 0x80; // POSIX_SPAWN_SETSID, glibc <spawn.h>

    private static final MethodHandle SPAWN =
            handle("posix_spawnp", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
    private static final MethodHandle ATTR_INIT = handle("posix_spawnattr_init", ADDRESS);
    private static final MethodHandle ATTR_DESTROY = handle("posix_spawnattr_destroy", ADDRESS);
    private static final MethodHandle SET_DEFAULTS =
            handle("posix_spawnattr_setsigdefault", ADDRESS, ADDRESS);
    private static final MethodHandle SET_MASK =
            handle("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);
    private static final MethodHandle ACTIONS_INIT =
            handle("posix_spawn_file_actions_init", ADDRESS);
    private static final MethodHandle ACTIONS_DESTROY =
            handle("posix_spawn_file_actions_destroy", ADDRESS);
    private static final MethodHandle ADD_DUP2 =
            handle("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle ADD_CLOSEFROM = // glibc 2.34
            handle("posix_spawn_file_actions_addclosefrom_np", ADDRESS, JAVA_INT);
    private static final MethodHandle SIGFILLSET = handle("sigfillset", ADDRESS);
    private static final MethodHandle SET_FLAGS =
            Native.LINKER.downcallHandle(
                    Native.LINKER.defaultLookup().findOrThrow("posix_spawnattr_setflags"),
                    FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_SHORT));

    private Spawn() {}

    /// A child that its parent must [#reap()].
    ///
    /// @param pidfd for the caller to close
    public record Child(int pid, Pidfd pidfd) {}

    /// Starts `argv[0]`, looked up in the PATH of this process.
    ///
    /// @param fds descriptors of the child: the first becomes 0, the next 1, and so on; at least
    ///   three. They remain the caller's to close.
    /// @throws ErrnoException ENOENT or EACCES when the program cannot be executed
    public static Child start(List<String> argv, Map<String, String> environment, List<Fd> fds) {
        if (argv.isEmpty() || fds.size() < 3)
            throw new IllegalArgumentException(
                    argv + ", " + fds.size() + " descriptors (expected: a program, >= 3)");
        // numbers above all targets: no dup2 can overwrite the source of a later one
        var sources = new ArrayList<Fd>();
        try {
            for (var fd : fds) sources.add(Posix.duplicate(fd, fds.size()));
            int pid = spawn(argv, environment, sources);
            return new Child(pid, Pidfd.open(pid));
        } finally {
            sources.forEach(Fd::close);
        }
    }

    /// The same as the first process of a namespace of process ids: it sees no other process, and
    /// what it leaves behind ends with it. Its id is the one it has outside.
    ///
    /// @throws ErrnoException as [#start(List, Map, List)], and EPERM without CAP_SYS_ADMIN
    public static Child startFirst(
            List<String> argv, Map<String, String> environment, List<Fd> fds) {
        return Namespaces.firstProcess(() -> start(argv, environment, fds));
    }

    private static int spawn(List<String> argv, Map<String, String> environment, List<Fd> fds) {
        try (var arena = Arena.ofConfined()) {
            var attributes = arena.allocate(ATTRIBUTES_BYTES, 8);
            var actions = arena.allocate(ACTIONS_BYTES, 8);
            check("posix_spawnattr_init", (int) ATTR_INIT.invokeExact(attributes));
            try {
                check("file_actions_init", (int) ACTIONS_INIT.invokeExact(actions));
                try {
                    prepare(arena, attributes, actions, fds);
                    var pid = arena.allocate(JAVA_INT);
                    var variables = new ArrayList<String>();
                    environment.forEach((name, value) -> variables.add(name + "=" + value));
                    check(
                            "start " + argv.getFirst(),
                            (int)
                                    SPAWN.invokeExact(
                                            pid,
                                            arena.allocateFrom(argv.getFirst()),
                                            actions,
                                            attributes,
                                            strings(arena, argv),
                                            strings(arena, variables)));
                    return pid.get(JAVA_INT, 0);
                } finally {
                    int _ = (int) ACTIONS_DESTROY.invokeExact(actions);
                }
            } finally {
                int _ = (int) ATTR_DESTROY.invokeExact(attributes);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t); // a downcall declares no checked exception
        }
    }

    private static void prepare(
            Arena arena, MemorySegment attributes, MemorySegment actions, List<Fd> fds)
            throws Throwable {
        var all = arena.allocate(SIGSET_BYTES, 8);
        var none = arena.allocate(SIGSET_BYTES, 8);
        int _ = (int) SIGFILLSET.invokeExact(all);
        check("setsigdefault", (int) SET_DEFAULTS.invokeExact(attributes, all));
        check("setsigmask", (int) SET_MASK.invokeExact(attributes, none));
        short flags = (short) (SETSIGDEF | SETSIGMASK | SETSID);
        check("setflags", (int) SET_FLAGS.invokeExact(attributes, flags));
        for (int target = 0; target < fds.size(); target++)
            check("adddup2", (int) ADD_DUP2.invokeExact(actions, fds.get(target).number(), target));
        check("addclosefrom", (int) ADD_CLOSEFROM.invokeExact(actions, fds.size()));
    }

    /// A null-terminated `char *[]`.
    private static MemorySegment strings(Arena arena, List<String> values) {
        var array = arena.allocate(ADDRESS, values.size() + 1L); // zeroed
        for (int i = 0; i < values.size(); i++)
            array.setAtIndex(ADDRESS, i, arena.allocateFrom(values.get(i)));
        return array;
    }

    /// These functions return the error number itself.
    private static void check(String call, int error) {
        if (error != 0) throw new ErrnoException(call, error);
    }

    private static MethodHandle handle(String name, java.lang.foreign.MemoryLayout... arguments) {
        return Native.LINKER.downcallHandle(
                Native.LINKER.defaultLookup().findOrThrow(name),
                FunctionDescriptor.of(JAVA_INT, arguments));
    }
}
