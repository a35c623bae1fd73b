package dev.wrenn.tests.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/// Templates made of capsules that were made of templates, many levels deep.
@ExtendWith(Shared.class)
class SnapshotTreeVmTest {
    private static final int NODES = 30;

    private final Api api;

    SnapshotTreeVmTest(Installation wrenn) {
        this.api = wrenn.api();
    }

    /// A template, with the names its capsules must find in memory and on disk.
    private record Node(String name, int depth, List<String> ancestors) {}

    @Test
    void everyTemplateHasWhatItsAncestorsHad() {
        long seed = System.nanoTime();
        var random = new Random(seed);
        var nodes = new ArrayList<Node>();
        nodes.add(new Node("minimal", 0, List.of()));
        for (int i = 0; i < NODES; i++) {
            // mostly of the newest, so that the tree is deep
            int parent = random.nextBoolean() ? nodes.size() - 1 : random.nextInt(nodes.size());
            nodes.add(grow(nodes.get(parent), "tree-" + i, random, seed));
        }
        assertThat(nodes).as("seed %d", seed).anyMatch(node -> node.depth() >= 3);
        for (var node : nodes.subList(1, nodes.size()))
            api.delete("/v1/snapshots/" + node.name()).expect(204);
    }

    private Node grow(Node parent, String name, Random random, long seed) {
        var id = api.create("{\"template\":\"" + parent.name() + "\",\"memory_mb\":256}");
        check(id, parent, seed);
        // content that only this node has, in memory and on disk; some of it replaces old content
        api.output(
                id,
                """
                mkdir -p /dev/shm/t /root/t
                head -c %1$d /dev/urandom >/dev/shm/t/%2$s
                head -c %1$d /dev/zero >/dev/shm/scratch
                cp /dev/shm/t/%2$s /root/t/%2$s
                cd / && sha256sum dev/shm/t/* root/t/* >/dev/shm/sums
                """
                        .formatted(1 + random.nextInt(2 << 20), name));
        api.post("/v1/snapshots", "{\"sandbox_id\":\"" + id + "\",\"name\":\"" + name + "\"}")
                .expect(201);
        var ancestors = new ArrayList<>(parent.ancestors());
        ancestors.add(name);
        var node = new Node(name, parent.depth() + 1, List.copyOf(ancestors));
        check(id, node, seed); // it runs on as it was
        api.destroy(id);
        return node;
    }

    private void check(String id, Node node, long seed) {
        if (node.ancestors().isEmpty()) return;
        api.output(id, "cd / && sha256sum --quiet -c /dev/shm/sums");
        assertThat(api.output(id, "ls /dev/shm/t").lines().toList())
                .as("seed %d, %s", seed, node.name())
                .containsExactlyInAnyOrderElementsOf(node.ancestors());
    }
}
