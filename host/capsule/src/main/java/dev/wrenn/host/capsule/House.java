package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import java.time.Clock;
import java.util.concurrent.ConcurrentHashMap;

/// What all capsules of one manager share.
///
/// @param capsules every capsule with a record, and those on their way to one
record House(
        CapsuleConfig config,
        Rooms rooms,
        Records records,
        Admission admission,
        ChangeFeed feed,
        CapsuleMeters meters,
        Clock clock,
        ConcurrentHashMap<CapsuleId, Capsule> capsules) {}
