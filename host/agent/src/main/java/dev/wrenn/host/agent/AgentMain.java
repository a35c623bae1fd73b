package dev.wrenn.host.agent;

import dev.wrenn.common.runtime.Build;
import dev.wrenn.common.runtime.Env;
import dev.wrenn.common.runtime.SlowStop;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// `wrenn agent`: prints one line of JSON on standard output when it serves, logs on standard
/// error. Exit code 2: wrong settings; 1: could not start.
public final class AgentMain {
    private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);
    private static final Duration SLOW_STOP = Duration.ofSeconds(15);

    private AgentMain() {}

    public static void main(String[] args) {
        int code = run(args);
        if (code != 0) System.exit(code);
    }

    private static int run(String[] args) {
        AgentConfig config;
        try {
            config = AgentArguments.of(args, System.getenv()).config();
        } catch (Env.ConfigException e) {
            LOG.atError().addKeyValue("problem", e.getMessage()).log("wrong settings");
            return 2;
        }
        try {
            var agent = Agent.start(config);
            var hook = new Thread(() -> stop(agent), "shutdown");
            Runtime.getRuntime().addShutdownHook(hook);
            announce(agent);
            agent.awaitStop();
            Runtime.getRuntime().exit(0); // the hook closes the agent
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("cannot start");
            return 1;
        }
    }

    private static void stop(Agent agent) {
        LOG.atInfo().log("stopping");
        try (var _ = SlowStop.watch(SLOW_STOP)) {
            agent.close();
        }
        LOG.atInfo().log("stopped");
    }

    private static void announce(Agent agent) {
        System.out.println(
                "{\"ready\":true,\"port\":"
                        + agent.port()
                        + ",\"version\":\""
                        + Build.VERSION
                        + "\",\"vmm\":\""
                        + agent.summary()
                        + "\"}");
        System.out.flush();
    }
}
