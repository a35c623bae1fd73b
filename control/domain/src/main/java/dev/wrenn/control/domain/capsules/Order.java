package dev.wrenn.control.domain.capsules;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.control.domain.hosts.HostAnswer;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.HostClient;
import dev.wrenn.control.domain.hosts.HostFault;
import java.time.Duration;

/// What a row intends, as its host is asked for it. Asking can be repeated.
sealed interface Order permits Boot, Pause, Resume {
    /// A verb, for logs.
    String name();

    /// How long the host may take when somebody waits for it.
    Duration firstLimit();

    /// How long a host that cannot be reached is asked again while somebody waits: an agent that
    /// was restarted is back within seconds.
    Duration patience();

    HostAnswer<HostCapsule> ask(HostClient client, Duration limit);

    /// The host is at it and has to be asked again.
    boolean underWay(HostCapsule.Status status);

    /// The host has not begun: another one may.
    default boolean refusedForGood(HostAnswer<HostCapsule> answer) {
        return false;
    }

    /// What an answer means; pure.
    Verdict verdict(HostAnswer<HostCapsule> answer);

    /// What an unknown outcome is taken for when it has been unknown for too long. Whatever the
    /// host says later corrects it.
    Verdict.Failed givenUp(HostFault fault, String detail);

    /// The row shows that the order failed.
    boolean failedAs(CapsuleState state);

    /// The meaning of an answer.
    sealed interface Verdict {
        record Done(CapsuleEvent event) implements Verdict {}

        record Failed(CapsuleEvent event, HostFault fault, String detail) implements Verdict {}

        /// The host may or may not have done it, or may still do it.
        record Unknown(HostFault fault, String detail) implements Verdict {}
    }
}
