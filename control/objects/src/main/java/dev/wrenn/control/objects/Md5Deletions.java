package dev.wrenn.control.objects;

import java.io.IOException;
import java.io.UncheckedIOException;
import software.amazon.awssdk.core.checksums.ChecksumSpecs;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.core.interceptor.SdkExecutionAttribute;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.model.DeleteObjectsRequest;
import software.amazon.awssdk.utils.Md5Utils;

/// Deletions of several objects must carry a sum of their body. Every store understands MD5, the
/// sums that the SDK prefers are an error to some.
final class Md5Deletions implements ExecutionInterceptor {
    private static final String HEADER = "Content-MD5";

    @Override
    public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
        if (context.request() instanceof DeleteObjectsRequest)
            attributes.putAttribute(
                    SdkExecutionAttribute.RESOLVED_CHECKSUM_SPECS,
                    ChecksumSpecs.builder().isRequestChecksumRequired(false).build());
    }

    @Override
    public SdkHttpRequest modifyHttpRequest(
            Context.ModifyHttpRequest context, ExecutionAttributes attributes) {
        var body = context.requestBody();
        if (!(context.request() instanceof DeleteObjectsRequest) || body.isEmpty())
            return context.httpRequest();
        try (var content = body.get().contentStreamProvider().newStream()) {
            var sum = Md5Utils.md5AsBase64(content);
            return context.httpRequest().toBuilder().putHeader(HEADER, sum).build();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // it is in memory
        }
    }
}
