/// Ids, units and capsule states: the words that control plane and hosts share.
///
/// Pure Java with no dependency: everything here can be used from any room, on any thread. Start
/// with [dev.wrenn.common.model.CapsuleState], the status table of a capsule, then
/// [dev.wrenn.common.model.WireId], the identifiers as clients see them.
@NullMarked
package dev.wrenn.common.model;

import org.jspecify.annotations.NullMarked;
