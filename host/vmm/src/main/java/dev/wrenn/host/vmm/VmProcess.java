package dev.wrenn.host.vmm;

import dev.wrenn.common.model.CapsuleId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// One running VM. It goes on running when the agent ends. Thread-safe.
public interface VmProcess extends AutoCloseable {
    /// What to keep durably for [Vmm#adopt(VmRecord)].
    VmRecord record();

    /// Makes the VM another capsule's: [#record()] has the new directory from now on, and the name
    /// in the VMM's command line, by which people find it, changes as far as it can.
    ///
    /// @param workDir where the files of [VmRecord#workDir()] were moved, by the caller before
    void assign(CapsuleId id, Path workDir);

    /// True until its end was noticed.
    boolean isAlive();

    /// CPU time used and memory held by the VMM process; empty when it has ended.
    Optional<Usage> usage();

    /// Whether other VMs go first when processors are short; does nothing where the kernel has no
    /// way to, or when the VM has ended.
    ///
    /// @param vcpus of the VM, whose share it has when it does not yield
    default void yields(boolean now, int vcpus) {}

    /// Stops the virtual CPUs; a second call does nothing.
    ///
    /// @throws VmmException when the VMM does not answer in time
    void pause();

    /// Lets the virtual CPUs run again.
    ///
    /// @throws VmmException when the VMM does not answer in time
    void resume();

    /// Where the guest's RAM is in the process [VmRecord#pid()]; empty when the VM has ended or its
    /// VMM does not tell.
    ///
    /// @throws VmmException when the VMM does not answer in time
    default Optional<GuestRam> ram() {
        return Optional.empty();
    }

    /// Writes everything of a paused VM but its memory and its disk: processors, devices, timers;
    /// some 20 KiB. The VM stays paused and can go on afterwards. The file is not synced.
    ///
    /// @param file is made with mode 0600, or replaced
    /// @throws VmmException when it cannot be written, with an incomplete file for the caller to
    ///   remove; the VM is as before
    default void saveDeviceState(Path file) {
        throw new VmmException("this VM's state cannot be saved");
    }

    /// The pages of a paused VM, of the same instant as [#saveDeviceState(Path)] before it, where
    /// the VMM writes them itself: a file as long as the memory, with holes where pages are as they
    /// were at the last save, or in the memory that the VM began with.
    ///
    /// @param all every page, because that list is of no use
    /// @return empty when pages are read out of the process, see [#ram()]
    /// @throws VmmException when it cannot be written; the VM is as before
    default Optional<Path> dump(boolean all) {
        return Optional.empty();
    }

    /// Lets a VM whose disk is served use the file of it instead, in which all of it is; the guest
    /// notices nothing. Doing it again changes nothing.
    ///
    /// @throws VmmException when the VMM does not; the disk is served as before then
    default void useFile(Path disk) {
        throw new VmmException("this VM's disk is not served");
    }

    /// Waits for the end of the VM.
    Exit awaitExit() throws InterruptedException;

    /// Calls back once when the VM has ended, at once if it has; on a virtual thread of its own.
    void onExit(Consumer<Exit> listener);

    /// Ends the VM and waits until its process is gone; a second call does nothing.
    void kill();

    /// Asks the guest to end, where the VMM has a way to, and ends the VM as [#kill()] when it has
    /// not within the limit.
    default void stop(Duration limit) {
        kill();
    }

    /// The newest output of the guest's serial console, at most 64 KiB; empty when unavailable.
    String consoleTail();

    /// The newest messages of the VMM itself, at most 4 KiB.
    String stderrTail();

    /// Lets go of a running VM without ending it; nothing else may be asked of this object then,
    /// and [#kill()] does nothing.
    void detach();

    /// Same as [#kill()], for teardowns.
    @Override
    default void close() {
        kill();
    }

    /// Resources used by the VMM process.
    ///
    /// @param cpu since the start, all threads
    /// @param residentBytes memory held
    record Usage(Duration cpu, long residentBytes) {}
}
