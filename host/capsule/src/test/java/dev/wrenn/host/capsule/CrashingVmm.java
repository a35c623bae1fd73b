package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.host.vmm.Accel;
import dev.wrenn.host.vmm.Exit;
import dev.wrenn.host.vmm.GuestRam;
import dev.wrenn.host.vmm.VmProcess;
import dev.wrenn.host.vmm.VmRecord;
import dev.wrenn.host.vmm.VmSpec;
import dev.wrenn.host.vmm.Vmm;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// A VMM as one life of the agent sees it: when that life is over, nobody listens any more.
record CrashingVmm(Vmm vmm, CrashPoints points) implements Vmm {
    @Override
    public String name() {
        return vmm.name();
    }

    @Override
    public String version() {
        return vmm.version();
    }

    @Override
    public Accel accel() {
        return vmm.accel();
    }

    @Override
    public boolean takesServedDisks() {
        return vmm.takesServedDisks();
    }

    @Override
    public VmProcess boot(VmSpec spec) {
        points.pass("before boot");
        var vm = vmm.boot(spec);
        points.pass("after boot");
        return new Watched(vm, points);
    }

    @Override
    public Map<String, String> machine() {
        return vmm.machine();
    }

    @Override
    public VmProcess restore(VmSpec spec, Path deviceState) {
        points.pass("before restore");
        var vm = vmm.restore(spec, deviceState);
        points.pass("after restore");
        return new Watched(vm, points);
    }

    @Override
    public VmProcess adopt(VmRecord record) {
        points.pass("adopt vm");
        return new Watched(vmm.adopt(record), points);
    }

    private record Watched(VmProcess vm, CrashPoints points) implements VmProcess {
        @Override
        public VmRecord record() {
            return vm.record();
        }

        @Override
        public void assign(CapsuleId id, Path workDir) {
            points.pass("before assign");
            vm.assign(id, workDir);
        }

        @Override
        public void useFile(Path disk) {
            points.pass("before use file");
            vm.useFile(disk);
        }

        @Override
        public boolean isAlive() {
            return vm.isAlive();
        }

        @Override
        public void yields(boolean now, int vcpus) {
            vm.yields(now, vcpus);
        }

        @Override
        public Optional<Usage> usage() {
            return vm.usage();
        }

        @Override
        public void pause() {
            points.pass("before stop");
            vm.pause();
        }

        @Override
        public void resume() {
            points.pass("before go on");
            vm.resume();
        }

        @Override
        public Optional<GuestRam> ram() {
            return vm.ram();
        }

        @Override
        public void saveDeviceState(Path file) {
            points.pass("before state");
            vm.saveDeviceState(file);
        }

        @Override
        public Exit awaitExit() throws InterruptedException {
            return vm.awaitExit();
        }

        @Override
        public void onExit(Consumer<Exit> listener) {
            vm.onExit(exit -> {
                points.pass("exit");
                listener.accept(exit);
            });
        }

        @Override
        public void kill() {
            points.pass("before kill");
            vm.kill();
            points.pass("after kill");
        }

        @Override
        public String consoleTail() {
            return vm.consoleTail();
        }

        @Override
        public String stderrTail() {
            return vm.stderrTail();
        }

        @Override
        public void detach() {
            vm.detach();
        }
    }
}
