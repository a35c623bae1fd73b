package dev.wrenn.control.domain.builds;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.templates.TemplateName;
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
/// @param image to be imported; then the archive is its root file system, and the recipe is empty
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
        Map<String, String> sums,
        Optional<ImportedImage> image) {
    public NewBuild {
        recipe = List.copyOf(recipe);
        sums = Map.copyOf(sums);
    }

    /// From a recipe.
    public NewBuild(
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
        this(
                id,
                team,
                by,
                name,
                base,
                recipe,
                healthCheck,
                vcpus,
                memory,
                skipPrePost,
                noCache,
                totalSteps,
                sums,
                Optional.empty());
    }

    /// Of an image.
    public static NewBuild importing(
            BuildId id,
            TeamId team,
            UserId by,
            String name,
            ImportedImage image,
            int vcpus,
            MemorySize memory,
            boolean noCache) {
        return new NewBuild(
                id,
                team,
                by,
                name,
                TemplateName.MINIMAL,
                List.of(),
                Optional.empty(),
                vcpus,
                memory,
                true,
                noCache,
                Plan.importing(image).steps().size(),
                Map.of(),
                Optional.of(image));
    }
}
