package dev.wrenn.host.agent;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.wrenn.common.connect.Code;
import dev.wrenn.common.connect.ConnectException;
import dev.wrenn.common.connect.PlainCall;
import dev.wrenn.contracts.hostagent.v1.CreateSandboxRequest;
import dev.wrenn.host.capsule.Capsules;
import dev.wrenn.host.capsule.CreateOutcome;
import dev.wrenn.host.capsule.SaveOutcome;
import dev.wrenn.host.capsule.SavedImage;
import dev.wrenn.host.memory.ImageChunks;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Images of paused capsules and of templates, on their way to and from other hosts: plain bodies,
/// as the contract says. Memory: one chunk per transfer.
final class ImageBodies {
    private static final Logger LOG = LoggerFactory.getLogger(ImageBodies.class);
    private static final Duration IDLE = Duration.ofMinutes(2);
    private static final int LARGEST_HEAD = 1 << 20;
    private static final String CAPSULE = "/images/capsules/{id}";
    private static final String TEMPLATE = "/images/templates/{team}/{template}";
    private static final String PART = "/{number}/{file}";

    private final Capsules capsules;

    ImageBodies(Capsules capsules) {
        this.capsules = capsules;
    }

    void install(JavalinConfig config) {
        config.routes.get(CAPSULE, http -> serve(http, () -> outline(capsule(http), http)));
        config.routes.get(CAPSULE + PART, http -> serve(http, () -> read(capsule(http), http)));
        config.routes.post(CAPSULE, http -> serve(http, () -> takeOver(http)));
        config.routes.get(TEMPLATE, http -> serve(http, () -> outline(template(http), http)));
        config.routes.get(TEMPLATE + PART, http -> serve(http, () -> read(template(http), http)));
        config.routes.post(TEMPLATE, http -> serve(http, () -> take(http)));
    }

    private interface Transfer {
        void run() throws IOException, InterruptedException;
    }

    private static void serve(Context http, Transfer transfer) {
        try (var call = new PlainCall(http.req(), http.res(), IDLE)) {
            try {
                AgentServer.check(call.peer());
                transfer.run();
            } catch (ConnectException e) {
                call.refuse(e);
            } catch (IOException e) {
                LOG.atDebug().setCause(e).log("a transfer of an image broke off");
                call.breakOff(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                call.breakOff(e);
            } catch (RuntimeException e) {
                call.refuse(AgentServer.unexpected(e));
            }
        }
    }

    private static void outline(SavedImage image, Context http) throws IOException {
        http.res().setContentType("text/plain");
        try (var out = new BufferedOutputStream(http.res().getOutputStream())) {
            out.write(("image " + image.number() + "\n").getBytes(StandardCharsets.US_ASCII));
            ImageChunks.outline(image.directory(), out);
        }
    }

    private static void read(SavedImage image, Context http) throws IOException {
        if (!http.pathParam("number").equals(Integer.toString(image.number())))
            throw new ConnectException(Code.NOT_FOUND, "no such image");
        long from = number(http, "from");
        long length = number(http, "length");
        http.res().setContentType("application/octet-stream");
        http.res().setContentLengthLong(length);
        try (var out = http.res().getOutputStream()) {
            ImageChunks.read(image.directory(), http.pathParam("file"), from, length, out);
        }
    }

    private void takeOver(Context http) throws IOException, InterruptedException {
        var in = new DataInputStream(http.req().getInputStream());
        var request = Wire.request(parse(head(in)));
        if (!request.id().equals(Wire.id(http.pathParam("id"))))
            throw Faults.invalid("another sandbox");
        var outcome = capsules.takeOver(request, in);
        if (!(outcome instanceof CreateOutcome.Created)) throw Faults.create(outcome);
        http.status(200);
    }

    private static CreateSandboxRequest parse(byte[] bytes) {
        try {
            return CreateSandboxRequest.parseFrom(bytes);
        } catch (InvalidProtocolBufferException e) {
            throw Faults.invalid("the request cannot be read");
        }
    }

    private void take(Context http) throws IOException {
        var in = new DataInputStream(http.req().getInputStream());
        head(in);
        var team = Wire.team(http.pathParam("team"));
        var template = Wire.template(http.pathParam("template"));
        try {
            switch (capsules.take(team, template, in)) {
                case SaveOutcome.Done<Long> _ -> http.status(200);
                case SaveOutcome.OtherIncarnation<Long> _ ->
                        throw new ConnectException(
                                Code.ALREADY_EXISTS, "the template is here, or on its way");
                case SaveOutcome<Long> failure -> throw Faults.save(failure);
            }
        } catch (IllegalArgumentException e) {
            throw Faults.invalid(String.valueOf(e.getMessage()));
        }
    }

    private static byte[] head(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > LARGEST_HEAD)
            throw Faults.invalid("head of " + length + " bytes");
        return in.readNBytes(length);
    }

    private SavedImage capsule(Context http) {
        return capsules.saved(Wire.id(http.pathParam("id"))).orElseThrow(Faults::unknown);
    }

    private SavedImage template(Context http) {
        var team = Wire.team(http.pathParam("team"));
        return capsules.saved(team, Wire.template(http.pathParam("template")))
                .orElseThrow(() -> new ConnectException(Code.NOT_FOUND, "no such template"));
    }

    private static long number(Context http, String name) {
        try {
            long value = Long.parseLong(String.valueOf(http.queryParam(name)));
            if (value >= 0) return value;
        } catch (NumberFormatException e) {
            // answered below together with negative ones
        }
        throw Faults.invalid(name + ": expected a number");
    }
}
