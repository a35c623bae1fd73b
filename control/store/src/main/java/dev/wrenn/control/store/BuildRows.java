package dev.wrenn.control.store;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.CapsuleId;
import dev.wrenn.common.model.HostId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.common.model.TemplateId;
import dev.wrenn.common.model.UserId;
import dev.wrenn.control.domain.builds.Build;
import dev.wrenn.control.domain.builds.BuildStatus;
import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.domain.builds.Layer;
import dev.wrenn.control.domain.builds.NewBuild;
import dev.wrenn.control.domain.builds.StepLog;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.statement.StatementContext;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/// Rows of builds and layers.
final class BuildRows {
    static final String COLUMNS =
            "id, team_id, created_by, name, base_template, recipe, healthcheck, vcpus, memory_mb,"
                    + " skip_pre_post, no_cache, total_steps, archive_sums, image, status, current_step, logs,"
                    + " error, sandbox_id, host_id, default_user, default_env, created_at, started_at,"
                    + " completed_at ";
    static final String LAYER = "key, template_id, host_id, size_bytes ";

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final TypeReference<List<String>> TEXTS = new TypeReference<>() {};
    private static final TypeReference<List<StepLog>> LOGS = new TypeReference<>() {};

    private BuildRows() {}

    static String texts(List<String> lines) {
        return MAPPER.writeValueAsString(lines);
    }

    static List<String> texts(String json) {
        return MAPPER.readValue(json, TEXTS);
    }

    static @Nullable String image(Optional<ImportedImage> image) {
        return image.map(MAPPER::writeValueAsString).orElse(null);
    }

    static String log(StepLog log) {
        return MAPPER.writeValueAsString(log);
    }

    static Build row(ResultSet rs, StatementContext context) throws SQLException {
        var wanted =
                new NewBuild(
                        new BuildId(rs.getObject("id", UUID.class)),
                        new TeamId(rs.getObject("team_id", UUID.class)),
                        new UserId(rs.getObject("created_by", UUID.class)),
                        rs.getString("name"),
                        rs.getString("base_template"),
                        texts(rs.getString("recipe")),
                        Optional.ofNullable(rs.getString("healthcheck")),
                        rs.getInt("vcpus"),
                        MemorySize.ofMib(rs.getInt("memory_mb")),
                        rs.getBoolean("skip_pre_post"),
                        rs.getBoolean("no_cache"),
                        rs.getInt("total_steps"),
                        Json.read(rs.getString("archive_sums")),
                        Optional.ofNullable(rs.getString("image"))
                                .map(text -> MAPPER.readValue(text, ImportedImage.class)));
        return new Build(
                wanted,
                BuildStatus.ofWire(rs.getString("status")).orElseThrow(),
                rs.getInt("current_step"),
                MAPPER.readValue(rs.getString("logs"), LOGS),
                Optional.ofNullable(rs.getString("error")),
                Optional.ofNullable(rs.getObject("sandbox_id", UUID.class)).map(CapsuleId::new),
                Optional.ofNullable(rs.getObject("host_id", UUID.class)).map(HostId::new),
                rs.getString("default_user"),
                Json.read(rs.getString("default_env")),
                Objects.requireNonNull(CapsuleRows.instant(rs, "created_at")),
                Optional.ofNullable(CapsuleRows.instant(rs, "started_at")),
                Optional.ofNullable(CapsuleRows.instant(rs, "completed_at")));
    }

    static Layer layer(ResultSet rs, StatementContext context) throws SQLException {
        return new Layer(
                rs.getString("key"),
                new TemplateId(rs.getObject("template_id", UUID.class)),
                new HostId(rs.getObject("host_id", UUID.class)),
                rs.getLong("size_bytes"));
    }
}
