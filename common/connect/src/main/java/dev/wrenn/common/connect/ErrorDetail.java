package dev.wrenn.common.connect;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.Optional;

/// A message attached to an error.
///
/// @param type full protobuf name, without a URL prefix
/// @param value the message in binary form
public record ErrorDetail(String type, ByteString value) {
    /// Packs a message.
    public static ErrorDetail of(Message message) {
        return new ErrorDetail(
                message.getDescriptorForType().getFullName(), message.toByteString());
    }

    /// The message, when the detail is of that type and well-formed.
    public <M extends Message> Optional<M> as(M prototype) {
        if (!prototype.getDescriptorForType().getFullName().equals(type)) return Optional.empty();
        try {
            @SuppressWarnings("unchecked") // the parser of M makes M
            var message = (M) prototype.getParserForType().parseFrom(value);
            return Optional.of(message);
        } catch (InvalidProtocolBufferException e) {
            return Optional.empty();
        }
    }
}
