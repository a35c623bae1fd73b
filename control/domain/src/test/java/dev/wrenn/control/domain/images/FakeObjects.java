package dev.wrenn.control.domain.images;

import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/// Objects in memory.
final class FakeObjects implements ObjectStore {
    final Map<String, byte[]> all = new ConcurrentHashMap<>();

    @Override
    public void put(String key, byte[] content) {
        all.put(key, content.clone());
    }

    @Override
    public Optional<byte[]> get(String key) {
        return Optional.ofNullable(all.get(key));
    }

    @Override
    public Set<String> list(String prefix) {
        return all.keySet().stream()
                .filter(key -> key.startsWith(prefix))
                .collect(Collectors.toSet());
    }

    @Override
    public void delete(Collection<String> keys) {
        keys.forEach(all::remove);
    }
}
