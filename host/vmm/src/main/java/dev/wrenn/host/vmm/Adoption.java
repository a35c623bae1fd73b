package dev.wrenn.host.vmm;

import dev.wrenn.host.linux.ErrnoException;
import dev.wrenn.host.linux.Pidfd;
import dev.wrenn.host.linux.ProcStat;

/// Finds the process of a record again.
final class Adoption {
    private Adoption() {}

    /// @return for the caller to close
    /// @throws VmmException when the process is gone or its id belongs to another process now
    static Pidfd of(VmRecord record, Cgroups cgroups) {
        Pidfd pidfd;
        try {
            pidfd = Pidfd.open(record.pid());
        } catch (ErrnoException e) {
            cgroups.remove(record.uid());
            throw new VmmException("process " + record.pid() + " is gone", e);
        }
        // the descriptor is open: what is read now belongs to this process or it has ended
        boolean same =
                ProcStat.read(record.pid())
                                .filter(stat -> stat.startTicks() == record.startTime())
                                .isPresent()
                        && ProcStat.uid(record.pid()).filter(uid -> uid == record.uid()).isPresent()
                        && pidfd.isAlive();
        if (same) return pidfd;
        pidfd.close();
        cgroups.remove(record.uid());
        throw new VmmException("process " + record.pid() + " is not the VM any more");
    }
}
