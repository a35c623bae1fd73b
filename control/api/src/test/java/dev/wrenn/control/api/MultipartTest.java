package dev.wrenn.control.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MultipartTest {
    private static final String TYPE = "multipart/form-data; boundary=edge";

    private record Part(String name, byte[] content) {}

    private static byte[] form(Part... parts) throws IOException {
        var out = new ByteArrayOutputStream();
        for (var part : parts) {
            out.writeBytes(
                    ("--edge\r\nContent-Disposition: form-data; name=\""
                                    + part.name
                                    + "\"; filename=\"a;b\"\r\nContent-Type: x/y\r\n\r\n")
                            .getBytes(StandardCharsets.UTF_8));
            out.writeBytes(part.content);
            out.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
        }
        out.writeBytes("--edge--\r\n".getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    /// Gives at most so many bytes at a time.
    private static InputStream slow(byte[] bytes, Random random, int most) {
        return new ByteArrayInputStream(bytes) {
            @Override
            public int read(byte[] target, int offset, int length) {
                return super.read(target, offset, Math.min(length, 1 + random.nextInt(most)));
            }
        };
    }

    private static List<Part> read(InputStream body) throws IOException {
        var form = new Multipart(TYPE, body);
        var parts = new ArrayList<Part>();
        for (var name = form.next(); name != null; name = form.next())
            parts.add(new Part(name, form.content().readAllBytes()));
        return parts;
    }

    @Test
    void partsComeBackHoweverTheyArrive() throws IOException {
        long seed = System.nanoTime();
        var random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            // Much that looks like a boundary.
            var content = new byte[random.nextInt(2000)];
            var alphabet = "\r\n-edg".getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < content.length; i++)
                content[i] = alphabet[random.nextInt(alphabet.length)];
            if (new String(content, StandardCharsets.ISO_8859_1).contains("\r\n--edge")) continue;
            if (new String(content, StandardCharsets.ISO_8859_1).startsWith("--edge")) continue;
            var body = form(new Part("path", new byte[] {'p'}), new Part("file", content));
            var parts = read(slow(body, random, 1 + random.nextInt(40)));
            assertThat(parts).as("seed " + seed).hasSize(2);
            assertThat(parts.get(0).name).isEqualTo("path");
            assertThat(parts.get(1).name).isEqualTo("file");
            assertThat(parts.get(1).content).as("seed " + seed).isEqualTo(content);
        }
    }

    @Test
    void whatIsNotReadIsPassedOver() throws IOException {
        var body = form(new Part("a", new byte[200_000]), new Part("b", new byte[] {1}));
        var form = new Multipart(TYPE, new ByteArrayInputStream(body));
        assertThat(form.next()).isEqualTo("a");
        assertThat(form.content().read(new byte[10], 0, 10)).isPositive();
        assertThat(form.next()).isEqualTo("b");
        assertThat(form.content().readAllBytes()).containsExactly(1);
        assertThat(form.next()).isNull();
    }

    @Test
    void aFormThatIsCutOffAnywhereIsRefused() throws IOException {
        var body = form(new Part("path", new byte[] {'p'}), new Part("file", "content".getBytes()));
        for (int end = 0; end < body.length - 4; end++) { // "--" of the last line counts
            int length = end;
            assertThatThrownBy(() -> read(new ByteArrayInputStream(Arrays.copyOf(body, length))))
                    .as("%d of %d", end, body.length)
                    .isInstanceOf(ApiException.class);
        }
    }

    @Test
    void anyBytesAreReadOrRefused() throws IOException {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var good = form(new Part("path", new byte[] {'p'}), new Part("file", "content".getBytes()));
        for (int round = 0; round < 2000; round++) {
            var body = good.clone();
            for (int i = random.nextInt(6); i >= 0; i--)
                body[random.nextInt(body.length)] = (byte) random.nextInt(256);
            try {
                read(slow(body, random, 30));
            } catch (ApiException e) {
                assertThat(e.error().status()).as("seed " + seed).isEqualTo(400);
            }
        }
    }

    @Test
    void onlyFormsAreForms() {
        for (var type :
                new String[] {
                    null, "", "text/plain", "multipart/form-data", "multipart/mixed; boundary=edge"
                })
            assertThatThrownBy(() -> new Multipart(type, InputStream.nullInputStream()))
                    .as(type)
                    .isInstanceOf(ApiException.class);
    }

    @Test
    void longNamesAndManyPartsAreRefused() throws IOException {
        var long1 = form(new Part("x".repeat(10_000), new byte[0]));
        assertThatThrownBy(() -> read(new ByteArrayInputStream(long1)))
                .isInstanceOf(ApiException.class);
        var many = new Part[200];
        Arrays.fill(many, new Part("x", new byte[0]));
        var body = form(many);
        assertThatThrownBy(() -> read(new ByteArrayInputStream(body)))
                .isInstanceOf(ApiException.class);
    }
}
