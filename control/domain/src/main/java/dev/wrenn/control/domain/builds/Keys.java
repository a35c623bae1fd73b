package dev.wrenn.control.domain.builds;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Digests of all that the disk after each step depends on: what it was before, the instruction,
/// who runs it, where and with which variables, and the files that it copies.
final class Keys {
    private Keys() {}

    /// @return one per step: the key after it, empty from the first step on whose result no disk
    ///   holds; and as last one more, the key of the whole build
    static List<String> of(
            String base, Setting start, Plan plan, Map<String, String> sums, String rest) {
        var keys = new ArrayList<String>();
        var key = digest("base", base);
        var setting = start;
        boolean kept = true;
        for (var step : plan.steps()) {
            if (step.instruction() instanceof Instruction.Pull) {
                keys.add(""); // the image is the same wherever it came from
                continue;
            }
            var by = step.phase().equals("post-build") ? setting.as("root") : setting;
            kept &= step.instruction().keptByDisk();
            key =
                    digest(
                            key,
                            named(step.instruction()),
                            step.phase(),
                            by.user(),
                            by.directory(),
                            by.env().toString(),
                            step.instruction() instanceof Instruction.Copy copy
                                    ? contents(copy, sums)
                                    : "");
            setting = after(setting, step.instruction());
            keys.add(kept ? key : "");
        }
        keys.add(digest(key, rest));
        return keys;
    }

    /// The setting that a step leaves.
    static Setting after(Setting setting, Instruction instruction) {
        return switch (instruction) {
            case Instruction.Env(var key, var value, _) -> setting.with(key, value);
            case Instruction.Workdir(var path, _) -> setting.in(expanded(path, setting));
            case Instruction.User(var name, _) -> setting.as(name);
            case Instruction.Import(var image) -> Setting.of(image.defaults());
            case Instruction.Run _, Instruction.Start _, Instruction.Copy _, Instruction.Pull _ ->
                    setting;
        };
    }

    /// What an instruction does; an image is the same by whatever name it was found.
    private static String named(Instruction instruction) {
        return instruction instanceof Instruction.Import(var image)
                ? "IMPORT " + image.digest()
                : instruction.text();
    }

    static String expanded(String text, Setting setting) {
        return Words.expanded(text, setting.env());
    }

    private static String contents(Instruction.Copy copy, Map<String, String> sums) {
        var copied = new TreeMap<String, String>();
        for (var source : copy.sources()) {
            var path = normal(source);
            sums.forEach((file, sum) -> {
                if (path.isEmpty() || file.equals(path) || file.startsWith(path + "/"))
                    copied.put(file, sum);
            });
        }
        return copied.toString();
    }

    /// Without `.` and doubled or trailing slashes.
    private static String normal(String path) {
        var parts = new ArrayList<String>();
        for (var part : path.split("/")) if (!part.isEmpty() && !part.equals(".")) parts.add(part);
        return String.join("/", parts);
    }

    private static String digest(String... parts) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (var part : parts) {
                var bytes = part.getBytes(UTF_8);
                // With its length: no two lists of parts are the same text.
                digest.update(Integer.toString(bytes.length).getBytes(UTF_8));
                digest.update((byte) ':');
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e); // every JDK has it
        }
    }
}
