package dev.wrenn.control.domain.reconcile;

import dev.wrenn.control.domain.capsules.CapsuleStore;
import dev.wrenn.control.domain.hosts.HostCapsule;
import dev.wrenn.control.domain.hosts.ListSum;
import java.time.Instant;
import java.util.List;

/// A host's list and its rows that need nothing done, remembered instead of both: what [Rules]
/// decides depends on nothing else, so the same list for the same rows needs nothing done again.
/// Most hosts say the same thing all day.
///
/// @param rows of the host, before they were read
/// @param count of capsules the host has
/// @param sum of what is made of each capsule, of its life and status
/// @param active when the last of them was used, by the host's clock
/// @param list the host's own sum of the list
record Agreed(CapsuleStore.Mark rows, int count, long sum, Instant active, ListSum list) {
    static Agreed of(CapsuleStore.Mark rows, List<HostCapsule> said, ListSum list) {
        long sum = 0;
        var active = Instant.EPOCH;
        for (var capsule : said) {
            var id = capsule.id().value();
            long one = mix(id.getMostSignificantBits());
            one = mix(one ^ id.getLeastSignificantBits());
            one = mix(one ^ capsule.incarnation());
            sum += mix(one ^ capsule.status().ordinal());
            var used = capsule.lastActiveAt().orElse(Instant.EPOCH);
            if (used.isAfter(active)) active = used;
        }
        return new Agreed(rows, said.size(), sum, active, list);
    }

    /// Whether this says the same of each capsule; when they were used does not matter.
    boolean says(Agreed other) {
        return rows.equals(other.rows) && count == other.count && sum == other.sum;
    }

    /// Each bit of the result depends on each bit (the end of SplitMix64).
    private static long mix(long bits) {
        long z = bits + 0x9e3779b97f4a7c15L;
        z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
        return z ^ (z >>> 31);
    }
}
