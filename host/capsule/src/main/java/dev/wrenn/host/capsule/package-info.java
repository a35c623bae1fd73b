/// One capsule from disk, network, VMM and guest; many of them side by side.
///
/// [dev.wrenn.host.capsule.Capsules] is the way in. Each capsule has one actor whose lifecycle
/// steps run one after the other on its own virtual thread, never on the thread of a request: who
/// asks only waits. Each step first writes the capsule's durable record, so that a host agent that
/// starts again, also after `kill -9`, finds every VM that still runs, ends what was half done and
/// removes what has no record:
///
/// ```
/// directory → disk clone → slot → record(booting) → VMM → record(+vm) → health → init → record(running)
/// record(pausing) → image → record(paused, image) → VMM killed → slot released → disk removed
/// record(resuming) → disk clone → slot → VMM from the image → record(+vm) → init → record(running)
/// record(destroying) → VMM killed → slot released → directory removed
/// VM ended by itself → record(stopped, cause) → slot released → disk removed
/// ```
///
/// The order lets a record claim less than there is (the rest is swept by owner), never more: a
/// slot or a VM is given away only after the record stopped claiming it. Images live in
/// `{D}/snapshots/{cl-id}/{number}`, and the record names the one that counts; a template made of
/// one, or one made of a template, has hard links of its own, so that no count of references is
/// needed. `{D}/warm` holds images of guests that have booted and know nothing yet.
/// [dev.wrenn.host.capsule.Rooms] are the rooms below, as ports, so that tests can make each fail.
@NullMarked
package dev.wrenn.host.capsule;

import org.jspecify.annotations.NullMarked;
