package dev.wrenn.control.api;

import dev.wrenn.control.domain.builds.Build;
import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.domain.builds.StepLog;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/// Builds as clients see them.
final class BuildJson {
    private BuildJson() {}

    static Map<String, Object> of(Build build) {
        var wanted = build.wanted();
        var json = new LinkedHashMap<String, Object>();
        json.put("id", build.id().toString());
        json.put("name", wanted.name());
        json.put("base_template", wanted.base());
        json.put("recipe", wanted.recipe());
        wanted.healthCheck().ifPresent(check -> json.put("healthcheck", check));
        wanted.image().ifPresent(image -> json.put("image", image(image)));
        json.put("vcpus", wanted.vcpus());
        json.put("memory_mb", wanted.memory().mib());
        json.put("status", build.status().wire());
        json.put("current_step", build.currentStep());
        json.put("total_steps", wanted.totalSteps());
        json.put("logs", build.logs().stream().map(BuildJson::log).toList());
        build.error().ifPresent(error -> json.put("error", error));
        build.capsule().ifPresent(id -> json.put("sandbox_id", id.toString()));
        build.host().ifPresent(id -> json.put("host_id", id.toString()));
        json.put("default_user", build.defaultUser());
        json.put("default_env", new TreeMap<>(build.defaultEnv()));
        json.put("created_at", build.createdAt().toString());
        build.startedAt().ifPresent(at -> json.put("started_at", at.toString()));
        build.completedAt().ifPresent(at -> json.put("completed_at", at.toString()));
        return json;
    }

    private static Map<String, Object> image(ImportedImage image) {
        var json = new LinkedHashMap<String, Object>();
        json.put("source", image.source());
        json.put("digest", image.digest());
        json.put("user", image.defaults().user());
        json.put("env", new TreeMap<>(image.defaults().env()));
        json.put("directory", image.defaults().directory());
        json.put("entrypoint", image.defaults().entrypoint());
        return json;
    }

    private static Map<String, Object> log(StepLog log) {
        var json = new LinkedHashMap<String, Object>();
        json.put("step", log.step());
        json.put("phase", log.phase());
        json.put("cmd", log.cmd());
        json.put("stdout", log.stdout());
        json.put("stderr", log.stderr());
        json.put("exit", log.exit());
        json.put("ok", log.ok());
        json.put("elapsed_ms", log.elapsedMs());
        json.put("cached", log.cached());
        return json;
    }
}
