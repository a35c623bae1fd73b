package dev.wrenn.control.api;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.CapsuleSpec;
import dev.wrenn.common.model.InvalidIdException;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.builds.BadRecipe;
import dev.wrenn.control.domain.builds.Builds;
import dev.wrenn.control.domain.builds.HealthCheck;
import dev.wrenn.control.domain.builds.NewBuild;
import dev.wrenn.control.domain.builds.Recipe;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.snapshots.Snapshots;
import dev.wrenn.control.domain.teams.Amounts;
import dev.wrenn.control.domain.templates.TemplateName;
import dev.wrenn.control.domain.templates.TemplateStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Builds and what comes of them: the platform's under `/v1/admin`, a team's own under
/// `/v1/templates`.
final class BuildRoutes {
    private static final Access ADMIN = new Access.PlatformAdmin();
    private static final Access CHANGE = new Access.Session(Role.ADMIN);
    private static final Access LOOK = new Access.Session(Role.MEMBER);
    private static final String PLATFORM = "/v1/admin/builds";
    private static final String TEAM = "/v1/templates/builds";
    private static final long ARCHIVE_LIMIT = 100L << 20;
    private static final long FORM_LIMIT = ARCHIVE_LIMIT + (2 << 20);
    private static final int CONFIG_LIMIT = 1 << 20;
    private static final int PER_PAGE = 50;
    private static final int MOST_PER_PAGE = 200;

    private final Builds builds;
    private final TemplateStore templates;
    private final Snapshots snapshots;
    private final CapsuleLimits limits;

    BuildRoutes(Builds builds, TemplateStore templates, Snapshots snapshots, CapsuleLimits limits) {
        this.builds = builds;
        this.templates = templates;
        this.snapshots = snapshots;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(
                new Route("POST", PLATFORM, ADMIN, call -> create(call, TeamId.PLATFORM)),
                new Route("GET", PLATFORM, ADMIN, call -> list(call, Optional.empty())),
                new Route("GET", PLATFORM + "/{id}", ADMIN, call -> find(call, Optional.empty())),
                new Route(
                        "POST",
                        PLATFORM + "/{id}/cancel",
                        ADMIN,
                        call -> cancel(call, Optional.empty())),
                new Route("GET", "/v1/admin/templates", ADMIN, this::everyTemplate),
                new Route(
                        "DELETE",
                        "/v1/admin/templates/{name}",
                        ADMIN,
                        call -> delete(call, TeamId.PLATFORM)),
                new Route("POST", TEAM, CHANGE, call -> create(call, call.principal().team())),
                new Route("GET", TEAM, LOOK, call -> list(call, own(call))),
                new Route("GET", TEAM + "/{id}", LOOK, call -> find(call, own(call))),
                new Route("POST", TEAM + "/{id}/cancel", CHANGE, call -> cancel(call, own(call))),
                new Route("GET", "/v1/templates", LOOK, this::visible),
                new Route(
                        "DELETE",
                        "/v1/templates/{name}",
                        CHANGE,
                        call -> delete(call, call.principal().team())));
    }

    private static Optional<TeamId> own(Call call) {
        return Optional.of(call.principal().team());
    }

    /// 201: it is pending; 400 with the line of the recipe, 403 for `minimal`, 404 without the
    /// base, 409 for a name of the platform, 413.
    private Reply create(Call call, TeamId team) throws IOException {
        var type = call.contentType();
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("multipart/"))
            return submit(call, team, call.body(), null);
        var body = new RequestBody(call.stream());
        try {
            if (call.length() > FORM_LIMIT) throw new ApiException(Limited.tooLarge());
            return form(call, team, new Limited(body, FORM_LIMIT));
        } catch (ApiException e) {
            return new Reply.Early(e.error(), body);
        } catch (RequestBody.BrokenException e) {
            return new Reply.Early(
                    new ApiError(400, "read_error", "the body could not be read"), body);
        }
    }

    private Reply form(Call call, TeamId team, InputStream body) throws IOException {
        var form = new Multipart(call.contentType(), body);
        Fields config = null;
        BuildArchive archive = null;
        try {
            for (var part = form.next(); part != null; part = form.next()) {
                switch (part) {
                    case "config" -> {
                        var bytes = form.content().readNBytes(CONFIG_LIMIT + 1);
                        if (bytes.length > CONFIG_LIMIT)
                            throw ApiException.invalid("config: too long");
                        config = Fields.of(Json.parse(bytes));
                    }
                    case "archive" -> {
                        if (archive != null)
                            throw ApiException.invalid("archive: more than one part");
                        archive = BuildArchive.of(new Limited(form.content(), ARCHIVE_LIMIT));
                    }
                    default -> {} // the next part is looked for behind it
                }
            }
            if (config == null) throw ApiException.invalid("config: missing part");
            return submit(call, team, config, archive);
        } finally {
            if (archive != null) archive.close();
        }
    }

    private Reply submit(Call call, TeamId team, Fields config, @Nullable BuildArchive archive)
            throws IOException {
        var name = config.required("name");
        if (!TemplateName.valid(name)) throw ApiException.invalid("name: invalid name");
        var lines = config.texts("recipe");
        var recipe = recipe(lines);
        if (recipe.copies() && archive == null)
            throw ApiException.invalid("recipe: COPY without an archive");
        var check = config.text("healthcheck").filter(text -> !text.isBlank());
        check.ifPresent(BuildRoutes::check);
        boolean bare = config.flag("skip_pre_post");
        var wanted =
                new NewBuild(
                        BuildId.random(),
                        team,
                        call.principal().user(),
                        name,
                        config.text("base_template")
                                .filter(text -> !text.isEmpty())
                                .orElse(TemplateName.MINIMAL),
                        lines,
                        check,
                        vcpus(config, limits),
                        memory(config, limits),
                        bare,
                        config.flag("no_cache"),
                        Builds.steps(recipe, bare),
                        archive == null ? Map.of() : archive.sums());
        try (var content = archive == null ? null : archive.content()) {
            return submitted(builds, wanted, content, call);
        }
    }

    /// Stores a build and says what came of it.
    static Reply submitted(
            Builds builds, NewBuild wanted, @Nullable InputStream archive, Call call) {
        return switch (builds.submit(wanted, archive, call.principal().actor())) {
            case ACCEPTED ->
                    Reply.json(
                            201,
                            BuildJson.of(
                                    builds.find(Optional.of(wanted.team()), wanted.id())
                                            .orElseThrow()));
            case NO_BASE ->
                    Reply.error(new ApiError(404, "not_found", "no template " + wanted.base()));
            case NAME_RESERVED ->
                    Reply.error(
                            wanted.name().equals(TemplateName.MINIMAL)
                                    ? new ApiError(403, "forbidden", "minimal is never replaced")
                                    : new ApiError(
                                            409,
                                            "name_reserved",
                                            "a platform template is named " + wanted.name()));
            case TOO_MANY ->
                    Reply.error(
                            ErrorTable.teamFull(
                                    new Amounts.Excess("builds under way", Builds.MOST_OPEN)));
        };
    }

    static int vcpus(Fields config, CapsuleLimits limits) {
        return (int) bounded(config, "vcpus", 1, 1, limits.vcpus());
    }

    static MemorySize memory(Fields config, CapsuleLimits limits) {
        return MemorySize.ofMib(
                bounded(
                        config,
                        "memory_mb",
                        512,
                        CapsuleSpec.MIN_MEMORY.mib(),
                        limits.memory().mib()));
    }

    private static Recipe recipe(List<String> lines) {
        try {
            return Recipe.parse(lines);
        } catch (BadRecipe e) {
            throw ApiException.invalid("recipe: line " + e.line() + ": " + e.getMessage());
        }
    }

    private static void check(String text) {
        try {
            HealthCheck.parse(text);
        } catch (BadRecipe e) {
            throw ApiException.invalid("healthcheck: " + e.getMessage());
        }
    }

    private static long bounded(Fields from, String name, long fallback, long least, long most) {
        long value = from.integer(name, 0);
        if (value <= 0) return fallback;
        if (value < least || value > most)
            throw ApiException.invalid(
                    name + ": " + value + " (expected: " + least + ".." + most + ")");
        return value;
    }

    /// 200: newest first; 400.
    private Reply list(Call call, Optional<TeamId> team) {
        var before = call.query("before").filter(text -> !text.isEmpty()).map(BuildRoutes::id);
        int limit = PER_PAGE;
        var asked = call.query("limit").filter(text -> !text.isEmpty());
        if (asked.isPresent()) {
            if (!asked.get().matches("\\d{1,3}")) throw ApiException.invalid("limit: not a number");
            limit = Math.clamp(Integer.parseInt(asked.get()), 1, MOST_PER_PAGE);
        }
        return Reply.ok(builds.list(team, before, limit).stream().map(BuildJson::of).toList());
    }

    /// 200; 404.
    private Reply find(Call call, Optional<TeamId> team) {
        var build = builds.find(team, id(call.id()));
        return build.isPresent() ? Reply.ok(BuildJson.of(build.get())) : none();
    }

    /// 204; 400 for one that is final, 404.
    private Reply cancel(Call call, Optional<TeamId> team) {
        var id = id(call.id());
        if (builds.find(team, id).isEmpty()) return none();
        var before = builds.cancel(id, call.principal().actor());
        if (before.isEmpty()) return none();
        if (before.get().isFinal())
            throw ApiException.invalid("the build is over: " + before.get().wire());
        return Reply.noContent();
    }

    private static Reply none() {
        return Reply.error(new ApiError(404, "not_found", "build not found"));
    }

    private static BuildId id(String text) {
        try {
            return BuildId.parse(text);
        } catch (InvalidIdException e) {
            throw ApiException.invalid("invalid build ID");
        }
    }

    /// 200.
    private Reply everyTemplate(Call call) {
        return Reply.ok(templates.all().stream().map(CapsuleJson::of).toList());
    }

    /// 200.
    private Reply visible(Call call) {
        return Reply.ok(
                templates.visibleTo(call.principal().team()).stream()
                        .map(CapsuleJson::of)
                        .toList());
    }

    /// 204; 403 for `minimal` and for a team those of the platform, 404.
    private Reply delete(Call call, TeamId team) {
        if (call.name().equals(TemplateName.MINIMAL))
            return Reply.error(new ApiError(403, "forbidden", "minimal is never deleted"));
        return switch (snapshots.delete(team, call.name(), call.principal().actor())) {
            case DONE -> Reply.noContent();
            case NOT_FOUND -> Reply.error(new ApiError(404, "not_found", "template not found"));
            case FORBIDDEN ->
                    Reply.error(
                            new ApiError(403, "forbidden", "the template belongs to the platform"));
        };
    }
}
