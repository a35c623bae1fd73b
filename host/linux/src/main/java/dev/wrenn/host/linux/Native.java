package dev.wrenn.host.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;

/// What all bindings share: the linker, how errno is captured, how a downcall is made.
final class Native {
    static final Linker LINKER = Linker.nativeLinker();
    static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
    static final VarHandle ERRNO =
            CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

    private Native() {}

    /// A downcall; `state` is its first argument and receives errno.
    @FunctionalInterface
    interface Call {
        long invoke(Arena arena, MemorySegment state) throws Throwable;
    }

    /// Handle of a libc function that takes the errno segment first.
    static MethodHandle handle(String name, FunctionDescriptor type, Linker.Option... more) {
        var options = new ArrayList<>(List.of(Linker.Option.captureCallState("errno")));
        options.addAll(List.of(more));
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                type,
                options.toArray(Linker.Option[]::new));
    }

    /// Makes a call in a confined arena of its own and repeats it when a signal interrupts it.
    ///
    /// @throws ErrnoException when the call returns a negative number
    static long call(String name, Call body) {
        try (var arena = Arena.ofConfined()) {
            var state = arena.allocate(CALL_STATE);
            while (true) {
                long result = body.invoke(arena, state);
                if (result >= 0) return result;
                int errno = (int) ERRNO.get(state, 0L);
                if (errno != ErrnoException.EINTR) throw new ErrnoException(name, errno);
            }
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError(t); // a downcall declares no checked exception
        }
    }
}
