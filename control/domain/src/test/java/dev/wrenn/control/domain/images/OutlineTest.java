package dev.wrenn.control.domain.images;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class OutlineTest {
    private static final String SUM = "ab".repeat(32);

    private static Outline parse(String text) throws Outline.MalformedException {
        return Outline.parse(text.getBytes(US_ASCII));
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        var text =
                "image 3\nfile memfile 262145\nchunk 0 262144 %s\nchunk 262144 1 %s\nfile notes.json 0\nend\n"
                        .formatted(SUM, SUM);
        var outline = parse(text);
        assertThat(outline.number()).isEqualTo(3);
        assertThat(outline.files()).hasSize(2);
        assertThat(outline.bytes()).isEqualTo(262145);
        assertThat(outline.text()).isEqualTo(text.getBytes(US_ASCII));
    }

    private static String files(int count) {
        var text = new StringBuilder();
        for (int i = 0; i < count; i++) text.append("file a").append(i).append(" 0\n");
        return text.toString();
    }

    /// A host may write what it likes.
    @Test
    void whatBreaksARuleIsRefused() {
        for (var text :
                List.of(
                        "",
                        "end\n",
                        "image 1\nend",
                        "image 1\nfile a 1\n",
                        "image x\nend\n",
                        "image -1\nend\n",
                        "image 99999999999\nend\n",
                        "image 1\nfile ../a 1\nend\n",
                        "image 1\nfile a/b 1\nend\n",
                        "image 1\nfile a 1\nfile a 1\nend\n",
                        "image 1\nfile a -1\nend\n",
                        "image 1\nfile a 99999999999999\nend\n",
                        "image 1\nchunk 0 1 " + SUM + "\nend\n",
                        "image 1\nfile a 1\nchunk 0 1 " + "AB".repeat(32) + "\nend\n",
                        "image 1\nfile a 1\nchunk 0 1 ../" + SUM + "\nend\n",
                        "image 1\nfile a 1\nchunk 0 2 " + SUM + "\nend\n",
                        "image 1\nfile a 9\nchunk 1 8 " + SUM + "\nend\n",
                        "image 1\nfile a 1\nchunk 0 1 " + SUM + "\nchunk 0 1 " + SUM + "\nend\n",
                        "image 1\nfile a 1\nchunk 262144 1 " + SUM + "\nend\n",
                        "image 1\n" + files(65) + "end\n"))
            assertThatThrownBy(() -> parse(text))
                    .as(text)
                    .isInstanceOf(Outline.MalformedException.class);
    }
}
