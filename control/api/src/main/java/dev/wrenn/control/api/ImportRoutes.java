package dev.wrenn.control.api;

import dev.wrenn.common.model.BuildId;
import dev.wrenn.common.model.MemorySize;
import dev.wrenn.common.model.TeamId;
import dev.wrenn.control.domain.builds.Builds;
import dev.wrenn.control.domain.builds.ImportedImage;
import dev.wrenn.control.domain.builds.NewBuild;
import dev.wrenn.control.domain.capsules.CapsuleLimits;
import dev.wrenn.control.domain.identity.Role;
import dev.wrenn.control.domain.templates.TemplateName;
import dev.wrenn.control.images.Bounds;
import dev.wrenn.control.images.ImageException;
import dev.wrenn.control.images.ImageFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Templates from images of containers. An archive is looked at to its end before it is answered;
/// what follows is a build like any other.
final class ImportRoutes {
    private static final long ARCHIVE_LIMIT = 2L << 30;
    private static final long FORM_LIMIT = ARCHIVE_LIMIT + (2 << 20);
    private static final int CONFIG_LIMIT = 1 << 20;
    private static final int LONGEST_SOURCE = 256;
    private static final int AT_ONCE = 2; // each needs disk and a processor
    private static final Duration AGAIN = Duration.ofSeconds(15);
    private static final ApiError TOO_LARGE =
            new ApiError(413, "too_large", "archive: more than " + (ARCHIVE_LIMIT >> 20) + " MiB");

    private static final Path SCRATCH = Path.of(System.getProperty("java.io.tmpdir"));

    private final Builds builds;
    private final CapsuleLimits limits;
    private final Semaphore room = new Semaphore(AT_ONCE);

    ImportRoutes(Builds builds, CapsuleLimits limits) {
        this.builds = builds;
        this.limits = limits;
    }

    List<Route> routes() {
        return List.of(
                new Route(
                        "POST",
                        "/v1/admin/imports",
                        new Access.PlatformAdmin(),
                        call -> create(call, TeamId.PLATFORM)),
                new Route(
                        "POST",
                        "/v1/templates/imports",
                        new Access.Session(Role.ADMIN),
                        call -> create(call, call.principal().team())));
    }

    /// 201: a pending build, of an archive or of an image in a registry, which the build fetches;
    /// 400 `invalid_image` for one that is damaged, hostile or not for our machines, 403 for
    /// `minimal`, 409 for a name of the platform, 413, 429 while others come in.
    private Reply create(Call call, TeamId team) throws IOException {
        var type = call.contentType();
        if (type == null || !type.toLowerCase(Locale.ROOT).startsWith("multipart/"))
            return submit(call, team, call.body(), null);
        var body = new RequestBody(call.stream());
        if (!room.tryAcquire()) {
            var busy = ApiException.tooMany(AGAIN);
            return new Reply.Early(busy.error(), body);
        }
        try {
            if (call.length() > FORM_LIMIT) throw new ApiException(TOO_LARGE);
            return form(call, team, new Limited(body, FORM_LIMIT, TOO_LARGE));
        } catch (ApiException e) {
            return new Reply.Early(e.error(), body);
        } catch (RequestBody.BrokenException e) {
            return new Reply.Early(
                    new ApiError(400, "read_error", "the body could not be read"), body);
        } finally {
            room.release();
        }
    }

    private Reply form(Call call, TeamId team, InputStream body) throws IOException {
        var form = new Multipart(call.contentType(), body);
        Fields config = null;
        ImageFile archive = null;
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
                        archive = read(new Limited(form.content(), ARCHIVE_LIMIT, TOO_LARGE));
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

    private static ImageFile read(InputStream sent) throws IOException {
        try {
            return ImageFile.read(sent, Bounds.DEFAULT, SCRATCH);
        } catch (ImageException e) {
            throw bad(e);
        }
    }

    private Reply submit(Call call, TeamId team, Fields config, @Nullable ImageFile archive)
            throws IOException {
        var name = config.required("name");
        if (!TemplateName.valid(name)) throw ApiException.invalid("name: invalid name");
        var source = config.text("source").filter(text -> !text.isBlank()).orElse("archive");
        if (source.length() > LONGEST_SOURCE) throw ApiException.invalid("source: too long");
        int vcpus = BuildRoutes.vcpus(config, limits);
        var memory = BuildRoutes.memory(config, limits);
        boolean noCache = config.flag("no_cache");
        if (archive == null) {
            var reference = config.required("reference");
            if (!builds.imageNamed(reference))
                throw ApiException.invalid("reference: expected [HOST/]PATH[:TAG][@DIGEST]");
            var image = ImportedImage.in(reference);
            return submitted(call, team, name, image, vcpus, memory, noCache, null);
        }
        if (config.has("reference"))
            throw ApiException.invalid("reference: expected it or an archive");
        var wanted = config.text("image").filter(text -> !text.isEmpty());
        try (var image = archive.image(source, wanted);
                var content = image.content()) {
            return submitted(call, team, name, image.about(), vcpus, memory, noCache, content);
        } catch (ImageException e) {
            throw bad(e);
        }
    }

    private Reply submitted(
            Call call,
            TeamId team,
            String name,
            ImportedImage image,
            int vcpus,
            MemorySize memory,
            boolean noCache,
            @Nullable InputStream archive) {
        var wanted =
                NewBuild.importing(
                        BuildId.random(),
                        team,
                        call.principal().user(),
                        name,
                        image,
                        vcpus,
                        memory,
                        noCache);
        return BuildRoutes.submitted(builds, wanted, archive, call);
    }

    private static ApiException bad(ImageException e) {
        return new ApiException(400, "invalid_image", "archive: " + e.getMessage());
    }
}
