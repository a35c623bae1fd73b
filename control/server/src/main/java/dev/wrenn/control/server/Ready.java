package dev.wrenn.control.server;

import dev.wrenn.control.api.Readiness;
import dev.wrenn.control.bus.Redis;
import dev.wrenn.control.domain.hosts.HostDirectory;
import dev.wrenn.control.domain.hosts.HostView;
import dev.wrenn.control.store.Database;
import java.util.ArrayList;
import java.util.List;

/// PostgreSQL and Redis answer and at least one host can take a capsule.
record Ready(Database database, Redis redis, HostDirectory hosts) implements Readiness {
    @Override
    public List<String> problems() {
        var problems = new ArrayList<String>();
        if (!database.answers()) problems.add("PostgreSQL does not answer");
        if (!redis.answers()) problems.add("Redis does not answer");
        var known = hosts.all();
        if (known.stream().noneMatch(HostView::ready)) {
            if (known.isEmpty()) problems.add("no host is registered");
            for (var host : known)
                problems.add("host " + host.host().id() + " is " + host.notReadyReason());
        }
        return problems;
    }
}
