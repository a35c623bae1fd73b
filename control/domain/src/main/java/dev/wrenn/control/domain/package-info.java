/// All rules of the control plane and the ports they need; no I/O.
///
/// A package per feature: [dev.wrenn.control.domain.capsules] (lifecycle of a capsule's row),
/// [dev.wrenn.control.domain.hosts] (what a host can do and how it is reached),
/// [dev.wrenn.control.domain.templates], [dev.wrenn.control.domain.identity] (who calls) and
/// [dev.wrenn.control.domain.reconcile] (rows against what hosts say). Stores, buses and host links
/// implement the interfaces found here. May depend on `common/model` and `common/runtime` only.
@NullMarked
package dev.wrenn.control.domain;

import org.jspecify.annotations.NullMarked;
