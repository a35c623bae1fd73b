package dev.wrenn.control.domain.hosts;

import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.HostId;
import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// The ready host with the most free memory. A host that is merely full now is still picked when
/// there is none better: reports are seconds old, and only the host knows.
public final class MostFreeMemory implements Placement {
    private static final Comparator<HostView> BY_FREE_MEMORY =
            Comparator.<HostView>comparingLong(
                            v -> v.report().map(r -> r.memoryFree().bytes()).orElse(0L))
                    .thenComparing(v -> v.host().id().value());

    @Override
    public Optional<HostId> pick(Collection<HostView> hosts, CapsuleSpec spec) {
        return hosts.stream()
                .filter(HostView::ready)
                .filter(v -> bigEnough(v, spec))
                .max(BY_FREE_MEMORY)
                .map(v -> v.host().id());
    }

    private static boolean bigEnough(HostView view, CapsuleSpec spec) {
        return view.report().map(r -> r.memory().compareTo(spec.memory()) >= 0).orElse(false);
    }
}
