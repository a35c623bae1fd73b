package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// A build as it is asked for; everything in it was checked.
///
/// @param team that the template will belong to
/// @param recipe as it was written
/// @param skipPrePost leaves out the steps before and after the recipe
/// @param noCache runs each step, whatever is known of earlier builds
/// @param sums digest of each file of the archive by its path
public record NewBuild(
        BuildId id,
        TeamId team,
        UserId by,
        String name,
        String base,
        List<String> recipe,
        Optional<String> healthCheck,
        int vcpus,
        MemorySize memory,
        boolean skipPrePost,
        boolean noCache,
        int totalSteps,
        Map<String, String> sums) {
    public NewBuild {
        recipe = List.copyOf(recipe);
        sums = Map.copyOf(sums);
    }
}
