package dev.wrenn.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/// Debian's nginx as a reverse proxy before one server, with kept connections to it.
final class Nginx implements AutoCloseable {
    private static final String CONFIGURATION =
            """
            daemon off;
            pid nginx.pid;
            error_log stderr warn;
            worker_processes auto;
            events { worker_connections 4096; }
            http {
              access_log off;
              client_body_temp_path body;
              proxy_temp_path proxy;
              fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
              keepalive_requests 1000000000;
              upstream guest { server %s:%d; keepalive 64; keepalive_requests 1000000000; }
              server {
                listen 127.0.0.1:%d;
                location / {
                  proxy_pass http://guest;
                  proxy_http_version 1.1;
                  proxy_set_header Connection "";
                  proxy_set_header Host $http_host;
                  proxy_set_header X-Forwarded-For $remote_addr;
                }
              }
            }
            """;

    private final Process process;
    private final Path directory;
    private final InetSocketAddress address;

    private Nginx(Process process, Path directory, InetSocketAddress address) {
        this.process = process;
        this.directory = directory;
        this.address = address;
    }

    /// Returns when it accepts connections.
    static Nginx before(String server, int port) {
        var program = Path.of("/usr/sbin/nginx");
        if (!Files.isExecutable(program))
            throw new BenchException(
                    program + " is not there (expected: apt-get install nginx-light)");
        try {
            int free;
            try (var socket = new ServerSocket(0)) {
                free = socket.getLocalPort();
            }
            var directory = Files.createTempDirectory("wrenn-bench-nginx-");
            var file = directory.resolve("nginx.conf");
            Files.writeString(file, CONFIGURATION.formatted(server, port, free));
            var log = directory.resolve("log");
            var process =
                    new ProcessBuilder(
                                    program.toString(),
                                    "-p",
                                    directory + "/",
                                    "-c",
                                    file.toString(),
                                    "-e",
                                    "stderr")
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile())
                            .start();
            var nginx = new Nginx(process, directory, new InetSocketAddress("127.0.0.1", free));
            nginx.awaitListening(log);
            return nginx;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void awaitListening(Path log) throws IOException {
        while (process.isAlive()) {
            try (var socket = new Socket()) {
                socket.connect(address, 1000);
                return;
            } catch (IOException _) {
                Api.waitABit();
            }
        }
        throw new BenchException("nginx: " + Files.readString(log));
    }

    InetSocketAddress address() {
        return address;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) process.destroyForcibly();
            Scratch.delete(directory);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
