package dev.wrenn.control.server;

import dev.wrenn.common.runtime.Build;
import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.Env.ConfigException;
import dev.wrenn.common.runtime.SlowStop;
import dev.wrenn.control.domain.StoreUnavailableException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Entry point of the control plane. Runs until SIGTERM or SIGINT.
public final class ControlMain {
    private static final Logger LOG = LoggerFactory.getLogger(ControlMain.class);
    private static final Duration SLOW_STOP = Duration.ofSeconds(15);
    private static final int WRONG_CONFIG = 2;
    private static final int NOT_STARTED = 1;

    private ControlMain() {}

    /// Exits with 2 when a setting is wrong, with 1 when the start failed.
    public static void main(String[] args) {
        try {
            if (args.length > 0)
                throw new ConfigException("arguments are not taken; settings are variables");
            run();
        } catch (ConfigException e) {
            LOG.atError().log("{}", e.getMessage());
            System.exit(WRONG_CONFIG);
        } catch (StoreUnavailableException e) {
            LOG.atError().setCause(e).log("the database did not answer");
            System.exit(NOT_STARTED);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            System.exit(NOT_STARTED);
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("not started");
            System.exit(NOT_STARTED);
        }
    }

    private static void run() throws InterruptedException {
        var control = Control.start(ControlConfig.of(new Env(System.getenv())));
        var stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(
                        new Thread(
                                () -> {
                                    LOG.atInfo().log("stopping");
                                    try (var _ = SlowStop.watch(SLOW_STOP)) {
                                        control.close();
                                    }
                                    stopped.countDown();
                                },
                                "stop"));
        LOG.atInfo()
                .addKeyValue("version", Build.VERSION)
                .addKeyValue("port", control.port())
                .log("serving");
        System.out.println("{\"event\":\"ready\",\"port\":" + control.port() + "}");
        stopped.await();
    }
}
