package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.control.domain.hosts.BootOrder;
import dev.wrenn.control.domain.hosts.HostClient;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// Has a copy when it is told so, and notes what it was asked.
final class FakeCarrier implements Carrier {
    volatile boolean copied;
    volatile Brought brought = new Brought.Done();
    final List<String> asked = new CopyOnWriteArrayList<>();

    @Override
    public boolean has(CapsuleId id) {
        return copied;
    }

    @Override
    public Brought bring(CapsuleRow row, BootOrder as, HostClient to) {
        if (!copied) return new Brought.None();
        asked.add("bring " + as.incarnation());
        return brought;
    }

    @Override
    public boolean has(TemplateId id) {
        return copied;
    }

    @Override
    public Brought bringTemplate(CapsuleRow row, HostClient to) {
        if (!copied) return new Brought.None();
        asked.add("bring template");
        return brought;
    }

    @Override
    public void doubt(CapsuleRow row) {
        asked.add("doubt");
    }
}
