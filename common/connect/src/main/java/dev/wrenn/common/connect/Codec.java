package dev.wrenn.common.connect;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.util.JsonFormat;
import java.io.IOException;

/// How messages are written. Unknown JSON fields are ignored.
public enum Codec {
    PROTO("application/proto", "application/connect+proto"),
    JSON("application/json", "application/connect+json");

    private static final JsonFormat.Printer PRINTER =
            JsonFormat.printer().omittingInsignificantWhitespace();
    private static final JsonFormat.Parser PARSER = JsonFormat.parser().ignoringUnknownFields();

    private final String unaryType;
    private final String streamType;

    Codec(String unaryType, String streamType) {
        this.unaryType = unaryType;
        this.streamType = streamType;
    }

    String contentType(Method.Kind kind) {
        return switch (kind) {
            case UNARY -> unaryType;
            case SERVER_STREAM -> streamType;
        };
    }

    /// The message, after `lead` bytes that are left free for an envelope's head.
    byte[] encode(Message message, int lead) {
        try {
            return switch (this) {
                case PROTO -> {
                    var bytes = new byte[lead + message.getSerializedSize()];
                    var out = CodedOutputStream.newInstance(bytes, lead, bytes.length - lead);
                    message.writeTo(out);
                    yield bytes;
                }
                case JSON -> {
                    var text = PRINTER.print(message).getBytes(UTF_8);
                    if (lead == 0) yield text;
                    var bytes = new byte[lead + text.length];
                    System.arraycopy(text, 0, bytes, lead, text.length);
                    yield bytes;
                }
            };
        } catch (IOException e) {
            throw new ConnectException(Code.INTERNAL, "message could not be written", e);
        }
    }

    /// Parses a message that fills `bytes`; the message may keep a hold of the array.
    ///
    /// @throws ConnectException with `malformed` when the bytes are not such a message
    <M extends Message> M decode(byte[] bytes, M prototype, Code malformed) {
        try {
            Message message =
                    switch (this) {
                        case PROTO -> {
                            var in = UnsafeByteOperations.unsafeWrap(bytes).newCodedInput();
                            in.enableAliasing(true); // large bytes fields are not copied
                            yield prototype.getParserForType().parseFrom(in);
                        }
                        case JSON -> {
                            var builder = prototype.newBuilderForType();
                            PARSER.merge(new String(bytes, UTF_8), builder);
                            yield builder.build();
                        }
                    };
            @SuppressWarnings("unchecked") // the parser and the builder of M make M
            var typed = (M) message;
            return typed;
        } catch (InvalidProtocolBufferException e) {
            throw new ConnectException(malformed, unreadable(prototype), e);
        } catch (RuntimeException | StackOverflowError e) { // what the JSON reader lets through
            throw new ConnectException(malformed, unreadable(prototype), e);
        }
    }

    private String unreadable(Message prototype) {
        return "not a "
                + prototype.getDescriptorForType().getFullName()
                + " in "
                + name().toLowerCase(java.util.Locale.ROOT);
    }
}
