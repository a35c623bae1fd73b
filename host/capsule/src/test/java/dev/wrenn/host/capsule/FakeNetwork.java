package dev.wrenn.host.capsule;

import dev.wrenn.common.model.Egress;
import dev.wrenn.host.linux.Fd;
import dev.wrenn.host.linux.Posix;
import dev.wrenn.host.network.Denials;
import dev.wrenn.host.network.NetworkException;
import dev.wrenn.host.network.Slot;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;

/// Slots as numbers. Thread-safe.
final class FakeNetwork implements Rooms.Network {
    private final FakeHost host;
    private final CrashPoints points;
    private final Set<Integer> mine = new ConcurrentSkipListSet<>(); // of this life

    FakeNetwork(FakeHost host, CrashPoints points) {
        this.host = host;
        this.points = points;
    }

    @Override
    public Slot take() {
        points.pass("before take");
        int index = Slot.FIRST;
        while (!host.slots.add(index)) index++;
        mine.add(index);
        points.pass("after take");
        return new Slot(index);
    }

    @Override
    public int ready() {
        return 0;
    }

    @Override
    public Slot adopt(int index) {
        points.pass("adopt slot");
        if (!host.slots.contains(index)) throw new NetworkException("no slot " + index);
        mine.add(index);
        return new Slot(index);
    }

    @Override
    public void release(Slot slot) {
        points.pass("before release");
        if (!mine.remove(slot.index())) throw new AssertionError("not held: " + slot);
        drop(slot.index());
        points.pass("after release");
    }

    @Override
    public Set<Integer> leftovers(Set<Integer> keep) {
        var left = new TreeSet<>(host.slots);
        left.removeAll(mine);
        left.removeAll(keep);
        return left;
    }

    @Override
    public void sweep(Set<Integer> keep) {
        points.pass("sweep");
        for (int index : leftovers(keep)) drop(index);
    }

    @Override
    public void apply(Slot slot, Egress egress) {
        points.pass("policies");
        host.policies.put(slot.index(), egress);
    }

    @Override
    public void restore(Slot slot, Egress egress) {
        host.restored.put(slot.index(), egress);
    }

    @Override
    public Denials denials(Slot slot) {
        return host.denials;
    }

    @Override
    public Fd openTap(Slot slot) {
        points.pass("tap");
        return Posix.open(Path.of("/dev/null"), Posix.O_RDWR);
    }

    private void drop(int index) {
        var guest = host.guests.remove(index);
        if (guest != null) guest.close();
        host.slots.remove(index);
    }
}
