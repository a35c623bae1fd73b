package dev.wrenn.host.vmm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Requests of Firecracker's API, with bodies whose fields have its names (in snake case). What is
/// null is left out.
sealed interface FirecrackerRequest {
    /// The guest's only network card, its disk, in requests that name them.
    String CARD = "eth0";

    /// Id of the only disk.
    String DISK = "rootfs";

    /// Where metadata is asked for in the guest.
    String METADATA_ADDRESS = "169.254.169.254";

    /// HTTP method.
    default String method() {
        return "PUT";
    }

    /// What the request names.
    String path();

    /// What it is about, in words that begin a sentence about its failure.
    String failure();

    /// Where log lines go; before everything else.
    record Logger(String logPath, String level, boolean showLevel, boolean showLogOrigin)
            implements FirecrackerRequest {
        @Override
        public String path() {
            return "/logger";
        }

        @Override
        public String failure() {
            return "its log cannot be read";
        }
    }

    /// Where lines of metrics go.
    record Metrics(String metricsPath) implements FirecrackerRequest {
        @Override
        public String path() {
            return "/metrics";
        }

        @Override
        public String failure() {
            return "its metrics cannot be read";
        }
    }

    /// Processors and memory; dirty pages are tracked from the start.
    record MachineConfiguration(
            int vcpuCount, long memSizeMib, boolean smt, boolean trackDirtyPages)
            implements FirecrackerRequest {
        @Override
        public String path() {
            return "/machine-config";
        }

        @Override
        public String failure() {
            return "processors or memory are not possible";
        }
    }

    /// What the guest boots.
    record BootSource(String kernelImagePath, String initrdPath, String bootArgs)
            implements FirecrackerRequest {
        @Override
        public String path() {
            return "/boot-source";
        }

        @Override
        public String failure() {
            return "the guest's kernel cannot be used";
        }
    }

    /// The root disk.
    ///
    /// @param rateLimiter null: none
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Drive(
            String driveId,
            String pathOnHost,
            boolean isRootDevice,
            boolean isReadOnly,
            String cacheType,
            String ioEngine,
            @Nullable RateLimiter rateLimiter)
            implements FirecrackerRequest {
        @Override
        public String path() {
            return "/drives/" + driveId;
        }

        @Override
        public String failure() {
            return "its disk cannot be used";
        }
    }

    /// A bucket of tokens that is filled again evenly.
    ///
    /// @param size tokens in it
    /// @param oneTimeBurst tokens at the start beside those
    /// @param refillTime milliseconds until an empty one is full
    record TokenBucket(long size, long oneTimeBurst, long refillTime) {}

    /// @param bandwidth tokens are bytes; null: as many as there are
    /// @param ops tokens are operations; null as well
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record RateLimiter(@Nullable TokenBucket bandwidth, @Nullable TokenBucket ops) {}

    /// The network card.
    record NetworkInterface(
            String ifaceId,
            String hostDevName,
            String guestMac,
            RateLimiter rxRateLimiter,
            RateLimiter txRateLimiter)
            implements FirecrackerRequest {
        @Override
        public String path() {
            return "/network-interfaces/" + ifaceId;
        }

        @Override
        public String failure() {
            return "its network card cannot be used";
        }
    }

    /// Randomness of the host for the guest.
    record EntropyDevice() implements FirecrackerRequest {
        @Override
        public String path() {
            return "/entropy";
        }

        @Override
        public String failure() {
            return "there is no randomness for the guest";
        }
    }

    /// The metadata service, for whom it is.
    record MmdsConfig(String version, List<String> networkInterfaces, String ipv4Address)
            implements FirecrackerRequest {
        public MmdsConfig {
            networkInterfaces = List.copyOf(networkInterfaces);
        }

        @Override
        public String path() {
            return "/mmds/config";
        }

        @Override
        public String failure() {
            return "the guest's metadata service cannot be used";
        }
    }

    /// Who the guest is: `WRENN_SANDBOX_ID` and `WRENN_TEMPLATE_ID` of its processes.
    record Mmds(@JsonProperty("instanceID") String instance, @JsonProperty("envID") String template)
            implements FirecrackerRequest {
        @Override
        public String path() {
            return "/mmds";
        }

        @Override
        public String failure() {
            return "the guest's metadata cannot be set";
        }
    }

    /// Something to do at once.
    record Action(String actionType) implements FirecrackerRequest {
        static final Action START = new Action("InstanceStart");
        static final Action FLUSH_METRICS = new Action("FlushMetrics");
        static final Action CTRL_ALT_DEL = new Action("SendCtrlAltDel");

        @Override
        public String path() {
            return "/actions";
        }

        @Override
        public String failure() {
            return actionType + " failed";
        }
    }

    /// Stops the virtual processors, or lets them run.
    record Vm(String state) implements FirecrackerRequest {
        static final Vm PAUSED = new Vm("Paused");
        static final Vm RESUMED = new Vm("Resumed");

        @Override
        public String method() {
            return "PATCH";
        }

        @Override
        public String path() {
            return "/vm";
        }

        @Override
        public String failure() {
            return "it cannot be " + state.toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// Writes devices and memory of a paused VM.
    ///
    /// @param snapshotType `Full`, or `Diff`: what was written since the last one, or the start
    record SnapshotCreate(String snapshotType, String snapshotPath, String memFilePath)
            implements FirecrackerRequest {
        @Override
        public String path() {
            return "/snapshot/create";
        }

        @Override
        public String failure() {
            return "it cannot be saved";
        }
    }

    /// @param backendType `File` or `Uffd`
    record MemoryBackend(String backendType, String backendPath) {}

    /// The network card's other end here.
    record NetworkOverride(String ifaceId, String hostDevName) {}

    /// Makes this VMM the one that was saved.
    record SnapshotLoad(
            String snapshotPath,
            MemoryBackend memBackend,
            boolean trackDirtyPages,
            boolean resumeVm,
            List<NetworkOverride> networkOverrides)
            implements FirecrackerRequest {
        public SnapshotLoad {
            networkOverrides = List.copyOf(networkOverrides);
        }

        @Override
        public String path() {
            return "/snapshot/load";
        }

        @Override
        public String failure() {
            return "the saved VM cannot be loaded";
        }
    }

    /// Answer of `GET /`.
    ///
    /// @param state `Not started`, `Running` or `Paused`
    record InstanceInfo(String appName, String id, String state, String vmmVersion) {}

    /// Answer of `GET /machine-config`, as far as it is of use.
    record Machine(int vcpuCount, long memSizeMib) {}

    /// Body of an answer that is no success.
    record Fault(@Nullable String faultMessage) {}
}
