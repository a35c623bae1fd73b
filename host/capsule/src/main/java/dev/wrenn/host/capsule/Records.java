package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import java.nio.file.Path;
import java.util.List;

/// Durable records and the directories they live in. Thread-safe for different capsules.
interface Records {
    /// Every valid record. Directories without one are removed, broken ones set aside.
    List<CapsuleRecord> load();

    /// The capsule's directory; may not exist yet.
    Path directory(CapsuleId id);

    /// Makes the capsule's directory, empty.
    void prepare(CapsuleId id);

    /// The directory of a VM that waits for a capsule; made by [#prepareWaiting].
    Path waiting(CapsuleId id);

    /// Makes the directory of a VM that waits, empty. Those of an earlier life are removed by
    /// [#load()].
    void prepareWaiting(CapsuleId id);

    /// Removes the directory of a VM that waits, with all that is in it.
    void forgetWaiting(CapsuleId id);

    /// Makes the directory of a VM that waits, and all that is in it, that of a capsule whose own
    /// was just prepared.
    void take(CapsuleId waiting, CapsuleId id);

    /// Replaces the record, durably.
    ///
    /// @throws CapsuleException when it cannot be written; the earlier one is still there then
    void write(CapsuleRecord record);

    /// Replaces the record for the eyes of the agent's next life, without waiting for the disk: for
    /// what only matters while a VM runs, as a power cut ends the VM as well.
    ///
    /// @throws CapsuleException when it cannot be written; the earlier one is still there then
    void note(CapsuleRecord record);

    /// Removes the disk, which only a live capsule needs.
    void removeDisk(CapsuleId id);

    /// Removes everything, the record last.
    void forget(CapsuleId id);
}
