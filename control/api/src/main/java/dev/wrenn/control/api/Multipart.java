package dev.wrenn.control.api;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.apache.commons.fileupload2.core.FileUploadException;
import org.apache.commons.fileupload2.core.MultipartInput;
import org.apache.commons.fileupload2.core.ParameterParser;
import org.jspecify.annotations.Nullable;

/// A form (`multipart/form-data`, RFC 7578) as it arrives, part by part; of no part is more than a
/// chunk in memory. For one thread.
final class Multipart {
    private static final int LONGEST_TEXT = 16 << 10;
    private static final String FORM = "multipart/form-data";
    private static final int CHUNK = 256 << 10;
    private static final int LONGEST_HEADERS = 8 << 10;
    private static final int LONGEST_BOUNDARY = 70; // RFC 2046, section 5.1.1
    private static final int MOST_PARTS = 100;

    private final MultipartInput input;
    private int parts;

    /// @param contentType of the request
    /// @throws ApiException 400 unless it is a form
    Multipart(@Nullable String contentType, InputStream body) throws IOException {
        var boundary = boundary(contentType);
        input =
                MultipartInput.builder()
                        .setInputStream(body)
                        .setBoundary(boundary.getBytes(StandardCharsets.ISO_8859_1))
                        .setBufferSize(CHUNK)
                        .setMaxPartHeaderSize(LONGEST_HEADERS)
                        .get();
        input.setHeaderCharset(StandardCharsets.UTF_8);
    }

    private static String boundary(@Nullable String contentType) {
        var type = contentType == null ? "" : contentType;
        int end = type.indexOf(';');
        if (end < 0 || !type.substring(0, end).strip().equalsIgnoreCase(FORM))
            throw ApiException.invalid("content type: expected " + FORM + " with a boundary");
        var boundary = parameter(type, "boundary");
        if (boundary.isEmpty() || boundary.length() > LONGEST_BOUNDARY)
            throw ApiException.invalid("boundary: expected 1 to 70 characters");
        return boundary;
    }

    /// Goes to the next part, past what was not read of this one.
    ///
    /// @return its name, empty when it has none; null at the end of the form
    /// @throws ApiException 400 for what is no form
    @Nullable String next() throws IOException {
        try {
            if (parts > 0) input.discardBodyData();
            boolean more = parts == 0 ? input.skipPreamble() : input.readBoundary();
            if (!more) {
                if (parts == 0) throw malformed();
                return null;
            }
            if (++parts > MOST_PARTS) throw ApiException.invalid("body: too many parts");
            return name(input.readHeaders());
        } catch (FileUploadException e) {
            throw malformed();
        }
    }

    /// The part as text.
    ///
    /// @param name for the error
    /// @throws ApiException 400 when it is too long
    String text(String name) throws IOException {
        var bytes = content().readNBytes(LONGEST_TEXT + 1);
        if (bytes.length > LONGEST_TEXT) throw ApiException.invalid(name + ": too long");
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /// The bytes of the part, up to its end, which is really there.
    InputStream content() {
        return new FilterInputStream(input.newInputStream()) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                try {
                    return super.read(target, offset, length);
                } catch (FileUploadException e) {
                    throw malformed();
                }
            }
        };
    }

    private static String name(String headers) {
        for (var line : headers.split("\r\n")) {
            int colon = line.indexOf(':');
            if (colon > 0
                    && line.substring(0, colon).strip().equalsIgnoreCase("Content-Disposition"))
                return parameter(line.substring(colon + 1), "name");
        }
        return "";
    }

    private static String parameter(String value, String name) {
        var parser = new ParameterParser();
        parser.setLowerCaseNames(true);
        var found = parser.parse(value, ';').get(name);
        return found == null ? "" : found;
    }

    private static ApiException malformed() {
        return ApiException.invalid("body: not a well-formed form");
    }
}
