package dev.wrenn.control.domain.reconcile;

import dev.wrenn.common.model.CapsuleEvent;
import dev.wrenn.common.model.CapsuleState;
import dev.wrenn.common.model.HostId;
import dev.wrenn.control.domain.capsules.CapsuleRow;
import dev.wrenn.control.domain.hosts.HostCapsule;
import org.jspecify.annotations.Nullable;

/// The decision, without I/O. A word that would undo what was stored is only believed when it is
/// the answer to a question put for that reason.
final class Rules {
    private static final Decision KEEP = new Decision.Keep();
    private static final Decision DESTROY = new Decision.DestroyThere();
    private static final Decision ASK = new Decision.AskAgain();

    private Rules() {}

    /// @param host who speaks
    /// @param row null: a definite query found no such capsule
    /// @param said null: the host did not mention it
    static Decision decide(
            HostId host, @Nullable CapsuleRow row, @Nullable HostCapsule said, Evidence evidence) {
        if (row == null) return said == null ? KEEP : DESTROY;
        if (!row.host().equals(host)) return said == null ? KEEP : DESTROY;
        if (said == null) return absent(row.state(), evidence);
        if (said.incarnation() > row.incarnation()) return KEEP; // not ours to judge
        if (said.incarnation() < row.incarnation()) return earlierLife(row.state(), said, evidence);
        return present(row.state(), said, evidence);
    }

    private static Decision absent(CapsuleState state, Evidence evidence) {
        return switch (state) {
            // Perhaps the order is still on its way; the sweep repeats it.
            case CapsuleState.Pending _ -> KEEP;
            case CapsuleState.Running _,
                    CapsuleState.Pausing _,
                    CapsuleState.Paused _,
                    CapsuleState.Starting _,
                    CapsuleState.Missing _ ->
                    evidence == Evidence.OLDER ? KEEP : ASK;
            case CapsuleState.Damaged _, CapsuleState.Stopped _, CapsuleState.Failed _ -> KEEP;
        };
    }

    /// The host has one record of a capsule and takes a new incarnation over with the order to
    /// resume: its older word means that the order did not arrive, or that the word is late.
    private static Decision earlierLife(CapsuleState state, HostCapsule said, Evidence evidence) {
        return switch (state) {
            // A resume that failed leaves the host one life behind its row.
            case CapsuleState.Starting _, CapsuleState.Paused _ ->
                    said.status() == HostCapsule.Status.STOPPED ? lost(said) : KEEP;
            case CapsuleState.Pending _,
                    CapsuleState.Running _,
                    CapsuleState.Pausing _,
                    CapsuleState.Missing _ ->
                    switch (evidence) {
                        case OLDER -> KEEP;
                        case LATER -> ASK;
                        case FRESH ->
                                switch (said.status()) {
                                    case PAUSED -> apply(new CapsuleEvent.Paused());
                                    case STOPPED -> died(said);
                                    case BOOTING, RUNNING, PAUSING, RESUMING -> KEEP;
                                };
                    };
            case CapsuleState.Damaged _ -> KEEP;
            case CapsuleState.Stopped _, CapsuleState.Failed _ -> DESTROY;
        };
    }

    private static Decision present(CapsuleState state, HostCapsule said, Evidence evidence) {
        return switch (state) {
            case CapsuleState.Pending _ ->
                    switch (said.status()) {
                        case BOOTING, PAUSING, RESUMING -> KEEP;
                        case RUNNING -> apply(new CapsuleEvent.Booted());
                        case PAUSED -> apply(new CapsuleEvent.Paused());
                        case STOPPED -> apply(new CapsuleEvent.BootFailed(cause(said)));
                    };
            // Paused without being asked: it was idle for too long.
            case CapsuleState.Running _, CapsuleState.Pausing _ ->
                    switch (said.status()) {
                        case BOOTING, RUNNING, PAUSING, RESUMING -> KEEP;
                        case PAUSED -> apply(new CapsuleEvent.Paused());
                        case STOPPED -> died(said);
                    };
            case CapsuleState.Paused _ ->
                    switch (said.status()) {
                        case BOOTING, PAUSING, PAUSED, RESUMING -> KEEP;
                        // Said before it was paused, or a resume that was given up succeeded.
                        case RUNNING ->
                                switch (evidence) {
                                    case OLDER -> KEEP;
                                    case LATER -> ASK;
                                    case FRESH -> apply(new CapsuleEvent.Booted());
                                };
                        case STOPPED -> lost(said);
                    };
            case CapsuleState.Starting _ ->
                    switch (said.status()) {
                        case BOOTING, RESUMING -> KEEP;
                        case RUNNING, PAUSING -> apply(new CapsuleEvent.Booted());
                        case PAUSED -> apply(new CapsuleEvent.Paused());
                        case STOPPED -> lost(said);
                    };
            case CapsuleState.Missing _ ->
                    switch (said.status()) {
                        case BOOTING, PAUSING, RESUMING -> KEEP;
                        case RUNNING -> apply(new CapsuleEvent.Booted());
                        case PAUSED -> apply(new CapsuleEvent.Paused());
                        case STOPPED -> died(said);
                    };
            case CapsuleState.Damaged _ -> KEEP;
            case CapsuleState.Stopped _, CapsuleState.Failed _ -> DESTROY;
        };
    }

    private static Decision apply(CapsuleEvent event) {
        return new Decision.Apply(event);
    }

    private static Decision died(HostCapsule said) {
        return apply(new CapsuleEvent.Died(cause(said)));
    }

    private static Decision lost(HostCapsule said) {
        return apply(new CapsuleEvent.ImageLost(cause(said)));
    }

    private static String cause(HostCapsule said) {
        return said.cause().isEmpty() ? "the VM ended" : said.cause();
    }
}
