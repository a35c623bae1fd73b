package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.control.objects.S3Settings;
import java.nio.file.Path;
import java.util.Optional;

/// Where images of paused capsules and of templates outlive their hosts.
public sealed interface ObjectsConfig {
    /// `WRENN_CP_OBJECTS`: the absolute path.
    ///
    /// @param path that every control plane sees
    record Directory(Path path) implements ObjectsConfig {}

    /// `WRENN_CP_OBJECTS`: `s3://BUCKET[/PREFIX]`.
    ///
    /// @param settings `WRENN_CP_OBJECTS_REGION`; `…_ENDPOINT`, address of the store, else that of
    ///   AWS; `…_PATH_STYLE`, 1 with an endpoint and 0 without; `…_ACCESS_KEY_ID` and the file
    ///   `…_SECRET_KEY_FILE`, both or none
    record Bucket(S3Settings settings) implements ObjectsConfig {}

    /// @return empty: they do not
    /// @throws ConfigException naming the first variable that is wrong
    static Optional<ObjectsConfig> of(Env env) {
        return new ObjectsReader(env).read();
    }
}
