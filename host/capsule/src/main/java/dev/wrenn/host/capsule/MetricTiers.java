package dev.wrenn.host.capsule;

import java.util.List;

/// The history of one capsule in three tiers, each oldest first.
///
/// @param tenMinutes every 500 ms
/// @param twoHours averages of 30 s
/// @param day averages of 5 min
public record MetricTiers(
        List<MetricPoint> tenMinutes, List<MetricPoint> twoHours, List<MetricPoint> day) {}
