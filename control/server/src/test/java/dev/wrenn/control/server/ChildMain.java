package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Secret;
import dev.wrenn.control.api.ApiConfig;
import dev.wrenn.control.store.DatabaseUrl;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/// A control plane to be killed; prints its port.
final class ChildMain {
    private ChildMain() {}

    public static void main(String[] args) throws Exception {
        var url = System.getenv("TEST_JDBC_URL") + "?user=" + System.getenv("TEST_USER");
        var control =
                Control.start(
                        new ControlConfig(
                                DatabaseUrl.parse(
                                        url,
                                        Optional.of(new Secret(System.getenv("TEST_PASSWORD")))),
                                4,
                                System.getenv("TEST_REDIS"),
                                Optional.empty(),
                                ApiConfig.of("127.0.0.1", 0),
                                Optional.empty(),
                                Optional.of(Path.of(System.getenv("TEST_BOOTSTRAP"))),
                                Stack.LIMITS,
                                Stack.IDENTITY,
                                FleetSettings.DEFAULT,
                                BuildConfig.DEFAULT,
                                Optional.empty()));
        System.out.println(control.port());
        new CountDownLatch(1).await();
    }
}
