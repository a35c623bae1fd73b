package dev.wrenn.host.capsule;

import dev.wrenn.common.model.CapsuleId;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What all capsules of one manager share.
///
/// @param trusted directories of images whose pages this process has checked or written
/// @param capsules every capsule with a record, and those on their way to one
record House(
        CapsuleConfig config,
        Rooms rooms,
        Records records,
        CapsuleImages images,
        WarmImages warm,
        Admission admission,
        WaitingVms waiting,
        Arrivals arrivals,
        ChangeFeed feed,
        CapsuleMeters meters,
        Clock clock,
        Set<Path> trusted,
        ConcurrentHashMap<CapsuleId, Capsule> capsules) {}
