package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.UnixSockets;
import java.nio.file.Path;

/// A pager that serves nothing. Thread-safe.
record FakePager(FakeHost host, CrashPoints points) implements Rooms.Pager {
    @Override
    public Rooms.PagerSession open(CapsuleId id, Path image, Path hints) {
        points.pass("pager");
        if (host.noPager) throw new CapsuleException("the pager does not answer");
        var pair = UnixSockets.pair();
        return new Session(pair.left(), pair.right());
    }

    private record Session(Fd theirs, Fd socket) implements Rooms.PagerSession {
        @Override
        public void serves(int pid) {}

        @Override
        public void close() {
            theirs.close();
            socket.close();
        }
    }
}
