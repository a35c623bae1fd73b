package dev.wrenn.control.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.objects.S3Settings;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectsConfigTest {
    private static final String WHERE = "WRENN_CP_OBJECTS";

    @TempDir Path directory;

    private static Optional<ObjectsConfig> read(Map<String, String> values) {
        var env = new Env(values);
        var read = ObjectsConfig.of(env);
        env.rejectUnknown("WRENN_CP_");
        return read;
    }

    private static S3Settings bucket(Map<String, String> values) {
        return ((ObjectsConfig.Bucket) read(values).orElseThrow()).settings();
    }

    @Test
    void nothingADirectoryOrABucket() {
        assertThat(read(Map.of())).isEmpty();
        assertThat(read(Map.of(WHERE, "/srv/objects")))
                .contains(new ObjectsConfig.Directory(Path.of("/srv/objects")));
        assertThat(bucket(Map.of(WHERE, "s3://images")))
                .isEqualTo(
                        new S3Settings(
                                "images",
                                "",
                                "us-east-1",
                                Optional.empty(),
                                false,
                                Optional.empty()));
    }

    @Test
    void aBucketAnywhere() throws Exception {
        var file = Files.writeString(directory.resolve("secret"), "the secret\n");
        var values = new HashMap<String, String>();
        values.put(WHERE, "s3://images.example/wrenn/Prod_1/");
        values.put("WRENN_CP_OBJECTS_ENDPOINT", "https://s3.example.org:9000");
        values.put("WRENN_CP_OBJECTS_REGION", "eu-central-1");
        values.put("WRENN_CP_OBJECTS_ACCESS_KEY_ID", "AKID");
        values.put("WRENN_CP_OBJECTS_SECRET_KEY_FILE", file.toString());
        var settings = bucket(values);
        assertThat(settings)
                .isEqualTo(
                        new S3Settings(
                                "images.example",
                                "wrenn/Prod_1",
                                "eu-central-1",
                                Optional.of(URI.create("https://s3.example.org:9000")),
                                true,
                                Optional.of(new S3Settings.Key("AKID", new Secret("the secret")))));
        assertThat(settings.toString()).doesNotContain("the secret");
        values.put("WRENN_CP_OBJECTS_PATH_STYLE", "0");
        assertThat(bucket(values).pathStyle()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "objects",
                "./objects",
                "s3:/images",
                "s3://",
                "s3:///x",
                "s3://A",
                "s3://ab",
                "s3://images/../x",
                "s3://images/a//b",
                "s3://images/a b",
                "s3://user@images",
                "s3://images?x",
                "https://s3.example.org/images"
            })
    void whatIsNeitherIsRefusedByName(String where) {
        assertThatThrownBy(() -> read(Map.of(WHERE, where)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("WRENN_CP_OBJECTS: " + where + " (expected: ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3.example.org",
                "ftp://s3.example.org",
                "https://",
                "https://u:pw-1@s3.example.org",
                "https://s3.example.org/?a",
                "https://s3 example"
            })
    void anEndpointThatIsNoneIsRefusedAndNotRepeated(String endpoint) {
        assertThatThrownBy(() ->
                        read(Map.of(WHERE, "s3://images", "WRENN_CP_OBJECTS_ENDPOINT", endpoint)))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith("WRENN_CP_OBJECTS_ENDPOINT: expected: http(s)://")
                .hasMessageNotContaining("pw-1");
    }

    @Test
    void aKeyIsBothOfItsPartsOrNone() throws Exception {
        var empty = Files.writeString(directory.resolve("empty"), "\n").toString();
        var id = "WRENN_CP_OBJECTS_ACCESS_KEY_ID";
        var secret = "WRENN_CP_OBJECTS_SECRET_KEY_FILE";
        assertRefused(Map.of(WHERE, "s3://images", id, "AKID"), secret + ": not set, but " + id);
        assertRefused(Map.of(WHERE, "s3://images", secret, empty), id + ": not set, but " + secret);
        assertRefused(
                Map.of(WHERE, "s3://images", id, "AKID", secret, empty),
                secret + ": the file is empty");
        assertRefused(
                Map.of(WHERE, "s3://images", id, "AKID", secret, "/no/such/file"),
                "CP_OBJECTS_SECRET_KEY_FILE: /no/such/file cannot be read");
    }

    @ParameterizedTest
    @CsvSource({
        "WRENN_CP_OBJECTS_ENDPOINT,https://s3.example.org",
        "WRENN_CP_OBJECTS_REGION,eu-central-1",
        "WRENN_CP_OBJECTS_PATH_STYLE,1",
        "WRENN_CP_OBJECTS_ACCESS_KEY_ID,AKID",
        "WRENN_CP_OBJECTS_SECRET_KEY_FILE,/srv/secret"
    })
    void whatIsForABucketIsRefusedWithoutOne(String name, String value) {
        assertRefused(Map.of(name, value), name + ": is for a bucket, but WRENN_CP_OBJECTS is not");
        assertRefused(
                Map.of(WHERE, "/srv/objects", name, value),
                name + ": is for a bucket, but WRENN_CP_OBJECTS is not");
    }

    private static void assertRefused(Map<String, String> values, String words) {
        assertThatThrownBy(() -> read(values))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(words);
    }
}
