package dev.wrenn.common.connect;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesRequest;
import dev.wrenn.contracts.hostagent.v1.ListSandboxesResponse;
import dev.wrenn.contracts.hostagent.v1.Sandbox;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;

/// Answers to `ListSandboxes`: what the caller knows already is not said again. Most hosts say the
/// same all day, and to read a list costs a control plane much more than to hear that it is the
/// same. Thread-safe.
public final class SandboxLists {
    private SandboxLists() {}

    /// @param all records of the host, in any order
    public static ListSandboxesResponse answer(
            ListSandboxesRequest asked, Collection<Sandbox> all) {
        var sorted =
                ListSandboxesResponse.newBuilder()
                        .addAllSandboxes(
                                all.stream()
                                        .sorted(Comparator.comparing(Sandbox::getSandboxId))
                                        .toList())
                        .build();
        var sum = sum(sorted);
        return sum.equals(asked.getKnown())
                ? ListSandboxesResponse.newBuilder().setSum(sum).setUnchanged(true).build()
                : sorted.toBuilder().setSum(sum).build();
    }

    /// Fields of maps have no order of their own: equal records give equal bytes here only.
    private static ByteString sum(ListSandboxesResponse sorted) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var out =
                    CodedOutputStream.newInstance(
                            new DigestOutputStream(OutputStream.nullOutputStream(), digest));
            out.useDeterministicSerialization();
            sorted.writeTo(out);
            out.flush();
            return ByteString.copyFrom(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("each Java has SHA-256", e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing is written anywhere
        }
    }
}
