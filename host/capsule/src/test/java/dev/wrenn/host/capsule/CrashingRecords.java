package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Records of one life of the agent, with a point before and after each durable step.
record CrashingRecords(Records records, CrashPoints points) implements Records {
    @Override
    public List<CapsuleRecord> load() {
        return records.load();
    }

    @Override
    public Path directory(CapsuleId id) {
        return records.directory(id);
    }

    @Override
    public void prepare(CapsuleId id) {
        points.pass("before prepare");
        records.prepare(id);
        points.pass("after prepare");
    }

    @Override
    public Path waiting(CapsuleId id) {
        return records.waiting(id);
    }

    @Override
    public void prepareWaiting(CapsuleId id) {
        records.prepareWaiting(id);
    }

    @Override
    public void forgetWaiting(CapsuleId id) {
        records.forgetWaiting(id);
    }

    @Override
    public void take(CapsuleId from, CapsuleId id) {
        points.pass("before directory");
        records.take(from, id);
        points.pass("after directory");
    }

    @Override
    public void write(CapsuleRecord record) {
        var what = what(record);
        points.pass("before write " + what);
        records.write(record);
        points.pass("after write " + what);
    }

    @Override
    public void note(CapsuleRecord record) {
        var what = what(record);
        points.pass("before write " + what);
        records.note(record);
        points.pass("after write " + what);
    }

    private static String what(CapsuleRecord record) {
        var what = record.phase().name().toLowerCase(Locale.ROOT);
        return record.phase() == Phase.BOOTING && record.vm() != null ? "vm" : what;
    }

    @Override
    public void removeDisk(CapsuleId id) {
        points.pass("before remove disk");
        records.removeDisk(id);
    }

    @Override
    public void forget(CapsuleId id) {
        points.pass("before forget");
        records.forget(id);
        points.pass("after forget");
    }
}
