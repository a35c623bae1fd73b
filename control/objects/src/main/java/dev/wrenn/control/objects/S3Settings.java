package dev.wrenn.control.objects;

import dev.wrenn.common.runtime.Secret;
import java.net.URI;
import java.util.Optional;

/// Where a bucket is, and who may use it.
///
/// @param prefix of all keys in it, without `/` at its ends; empty: none
/// @param region as the store calls it; part of each signature
/// @param endpoint `http` or `https` address of the store; empty: AWS, by the region
/// @param pathStyle whether the bucket is named in the path, not in the host's name
/// @param key empty: what the AWS SDK finds by itself, in variables or from the machine's role
public record S3Settings(
        String bucket,
        String prefix,
        String region,
        Optional<URI> endpoint,
        boolean pathStyle,
        Optional<Key> key) {
    /// @param id not secret
    public record Key(String id, Secret secret) {}

    /// For people: `bucket wrenn/images at https://s3.example.org`.
    String words() {
        var where = endpoint.map(URI::toString).orElse("AWS, region " + region);
        return "bucket " + bucket + (prefix.isEmpty() ? "" : "/" + prefix) + " at " + where;
    }
}
