package dev.wrenn.tests.s3;

import java.net.URI;
import java.util.List;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.TransientApiMetadata;
import org.jclouds.blobstore.domain.StorageMetadata;
import org.jclouds.blobstore.options.ListContainerOptions;

/// S3Proxy in this process: keeps objects in memory, checks signatures.
public final class S3Server implements AutoCloseable {
    /// The one access key that it knows.
    public static final String KEY_ID = "WRENNTESTKEY";

    /// Of the access key.
    public static final String SECRET = "a-secret-that-must-not-be-told";

    private static final int MOST_NAMES = 100_000;

    private final BlobStoreContext context;
    private final S3Proxy proxy;

    private S3Server(BlobStoreContext context, S3Proxy proxy) {
        this.context = context;
        this.proxy = proxy;
    }

    /// Listens on a free port of the loopback address.
    public static S3Server start() throws Exception {
        var context =
                ContextBuilder.newBuilder(new TransientApiMetadata())
                        .credentials("unused", "unused")
                        .build(BlobStoreContext.class);
        var proxy =
                S3Proxy.builder()
                        .blobStore(context.getBlobStore())
                        .endpoint(URI.create("http://127.0.0.1:0"))
                        .awsAuthentication(AuthenticationType.AWS_V4, KEY_ID, SECRET)
                        .build();
        proxy.start();
        return new S3Server(context, proxy);
    }

    public int port() {
        return proxy.getPort();
    }

    /// Nothing changes when it is there.
    public void makeBucket(String name) {
        blobs().createContainerInLocation(null, name);
    }

    /// Names of all objects in a bucket.
    public List<String> names(String bucket) {
        var all = ListContainerOptions.Builder.recursive().maxResults(MOST_NAMES);
        return blobs().list(bucket, all).stream().map(StorageMetadata::getName).toList();
    }

    /// Keeps an object by another way than the API.
    public void place(String bucket, String name, byte[] content) {
        blobs().putBlob(bucket, blobs().blobBuilder(name).payload(content).build());
    }

    private BlobStore blobs() {
        return context.getBlobStore();
    }

    @Override
    public void close() {
        try {
            proxy.stop();
        } catch (Exception e) {
            throw new IllegalStateException("the server does not stop", e);
        } finally {
            context.close();
        }
    }
}
