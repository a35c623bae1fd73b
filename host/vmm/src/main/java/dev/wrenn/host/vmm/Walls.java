package dev.wrenn.host.vmm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// Which walls stand around a running VMM, read from `/proc` (proc(5)) and from nowhere else: what
/// the kernel says, not what was asked for.
public final class Walls {
    private static final List<String> SPACES = List.of("mnt", "net", "pid", "ipc", "uts", "cgroup");
    private static final List<String> CAPABILITIES =
            List.of("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb");

    /// What the root of a VMM may hold, at the top.
    private static final Set<String> ROOT =
            Set.of("dev", "etc", "lib", "lib64", "proc", "usr", "vm");

    /// Files that were put there for this VM alone, and a little room for a socket.
    private static final String ROOM = FirecrackerFiles.ROOM.toString();

    private static final Pattern DEVICE =
            Pattern.compile("/dev/(null|net/tun|urandom|kvm|userfaultfd)");
    private static final Pattern KERNEL_OBJECT =
            Pattern.compile("(pipe:|socket:|anon_inode:|/memfd:).*");

    private final Path process;
    private final Map<String, String> status;

    private Walls(Path process, Map<String, String> status) {
        this.process = process;
        this.status = status;
    }

    /// One wall.
    ///
    /// @param name for people: `capabilities`
    /// @param up whether it stands as it should
    /// @param found what the kernel says
    public record Wall(String name, boolean up, String found) {}

    /// Every wall of a VMM.
    ///
    /// @param pid of the VMM
    /// @param folders of the agent: the VMM holds no files but from these
    /// @return empty when the process has ended meanwhile
    public static List<Wall> of(int pid, List<Path> folders) {
        var process = Path.of("/proc", Integer.toString(pid));
        try {
            var real = new ArrayList<Path>();
            for (var folder : folders) real.add(folder.toRealPath());
            var walls = new Walls(process, status(process));
            return List.of(
                    walls.user(),
                    walls.capabilities(),
                    walls.newPrivileges(),
                    walls.seccomp(),
                    walls.namespaces(),
                    walls.root(),
                    walls.limits(),
                    walls.groups(),
                    walls.descriptors(real));
        } catch (IOException | DirectoryIteratorException e) {
            if (!Files.exists(process.resolve("exe"), java.nio.file.LinkOption.NOFOLLOW_LINKS))
                return List.of();
            throw new VmmException(process + " cannot be read: " + e.getMessage(), e);
        }
    }

    /// Names of a VMM's namespaces, such as `net:[4026531840]`.
    static List<String> spaces(int pid) throws IOException {
        var names = new ArrayList<String>();
        for (var space : SPACES)
            names.add(
                    Files.readSymbolicLink(Path.of("/proc", Integer.toString(pid), "ns", space))
                            .toString());
        return names;
    }

    private static Map<String, String> status(Path process) throws IOException {
        var fields = new HashMap<String, String>();
        for (var line : Files.readAllLines(process.resolve("status"))) {
            int colon = line.indexOf(':');
            if (colon > 0) fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
        }
        return fields;
    }

    private String field(String name) {
        return status.getOrDefault(name, "");
    }

    /// Real, effective, saved and file system id are one, and not root's; no groups but the one for
    /// KVM.
    private Wall user() {
        var uids = Set.copyOf(List.of(field("Uid").split("\\s+")));
        var gids = Set.copyOf(List.of(field("Gid").split("\\s+")));
        var groups = field("Groups");
        var kvm = AccelProbe.kvmGroup();
        boolean few = groups.isEmpty() || kvm != null && groups.equals(kvm.toString());
        boolean up = uids.size() == 1 && gids.equals(uids) && !uids.contains("0") && few;
        var found = "uid " + String.join(",", uids) + ", gid " + String.join(",", gids);
        return new Wall("user", up, groups.isEmpty() ? found : found + ", groups " + groups);
    }

    private Wall capabilities() {
        var some = CAPABILITIES.stream().filter(set -> !field(set).matches("0+")).toList();
        return new Wall(
                "capabilities", some.isEmpty(), some.isEmpty() ? "none" : "some in " + some);
    }

    private Wall newPrivileges() {
        var value = field("NoNewPrivs");
        return new Wall("no_new_privs", value.equals("1"), value);
    }

    /// Mode 2 is a filter, seccomp(2); one is ours and one the VMM's.
    private Wall seccomp() {
        var mode = field("Seccomp");
        var filters = field("Seccomp_filters"); // since Linux 5.9
        boolean two = filters.isEmpty() || Integer.parseInt(filters) >= 2;
        return new Wall(
                "seccomp", mode.equals("2") && two, "mode " + mode + ", filters " + filters);
    }

    /// None is shared with this process, which is the host's.
    private Wall namespaces() throws IOException {
        var shared = new ArrayList<String>();
        var own = new ArrayList<String>();
        for (var space : SPACES) {
            var theirs = Files.readSymbolicLink(process.resolve("ns").resolve(space));
            var ours = Files.readSymbolicLink(Path.of("/proc/self/ns", space));
            (theirs.equals(ours) ? shared : own).add(space);
        }
        return new Wall(
                "namespaces",
                shared.isEmpty(),
                shared.isEmpty() ? "own " + String.join(" ", own) : "the host's " + shared);
    }

    /// Little is mounted, all of it read-only, and at the top nothing else.
    private Wall root() throws IOException {
        var wrong = new ArrayList<String>();
        int mounts = 0;
        for (var line : Files.readAllLines(process.resolve("mountinfo"))) {
            var words = line.split(" "); // proc_pid_mountinfo(5): point is 5th, options are 6th
            var point = words[4];
            mounts++;
            boolean readOnly = List.of(words[5].split(",")).contains("ro");
            boolean own = point.equals(ROOM) || point.startsWith(ROOM + "/");
            if (!readOnly && !own && !point.startsWith("/dev/")) wrong.add(point + " is writable");
        }
        var names = new TreeSet<String>();
        try (var entries = Files.newDirectoryStream(process.resolve("root"))) {
            for (var entry : entries) names.add(entry.getFileName().toString());
        }
        names.stream().filter(name -> !ROOT.contains(name)).forEach(name -> wrong.add("/" + name));
        return new Wall(
                "root",
                wrong.isEmpty(),
                wrong.isEmpty()
                        ? mounts + " mounts, read-only, /" + String.join(" /", names)
                        : String.join(", ", wrong));
    }

    private Wall limits() throws IOException {
        var limits = Files.readString(process.resolve("limits"), StandardCharsets.UTF_8);
        boolean noCores = limits.matches("(?s).*Max core file size +0 +0 .*");
        boolean fewThreads = !limits.matches("(?s).*Max processes +unlimited.*");
        return new Wall(
                "limits",
                noCores && fewThreads,
                (noCores ? "no" : "with")
                        + " core dumps, threads "
                        + (fewThreads ? "counted" : "unlimited"));
    }

    /// Control groups of its own; which limits they have is said by the kernel there.
    private Wall groups() throws IOException {
        var own = "/wrenn/vm-" + field("Uid").split("\\s+")[0];
        var found = new ArrayList<String>();
        for (var line : Files.readAllLines(process.resolve("cgroup"))) {
            var words = line.split(":", 3); // cgroups(7): hierarchy, controllers, path
            if (words.length == 3 && words[2].endsWith(own))
                found.add(words[1].isEmpty() ? "version 2" : words[1]);
        }
        return new Wall(
                "control groups",
                !found.isEmpty(),
                found.isEmpty() ? "none of its own" : "own: " + String.join(" ", found));
    }

    /// Files of the agent, a few devices, and what the kernel makes; what it may write is in its
    /// own directory.
    private Wall descriptors(List<Path> folders) throws IOException {
        var wrong = new ArrayList<String>();
        int count = 0;
        try (var entries = Files.newDirectoryStream(process.resolve("fd"))) {
            for (var entry : entries) {
                var number = entry.getFileName().toString();
                try {
                    var target = Files.readSymbolicLink(entry).toString();
                    count++;
                    if (!allowed(number, target, folders)) wrong.add(target);
                } catch (NoSuchFileException e) {
                    count++; // closed meanwhile
                }
            }
        }
        return new Wall(
                "descriptors",
                wrong.isEmpty(),
                count + (wrong.isEmpty() ? ", all given to it" : ", of these " + wrong));
    }

    private boolean allowed(String number, String target, List<Path> folders) throws IOException {
        if (DEVICE.matcher(target).matches() || target.startsWith(ROOM + "/")) return true;
        if (target.startsWith("socket:")) return isUnix(target);
        if (KERNEL_OBJECT.matcher(target).matches()) return true;
        var file =
                target.endsWith(" (deleted)") ? target.substring(0, target.length() - 10) : target;
        if (folders.stream().noneMatch(folder -> Path.of(file).startsWith(folder))) return false;
        return !writes(number) || own(Path.of(file));
    }

    /// The disk and the messages are in the directory that also has its control socket.
    private static boolean own(Path file) {
        var folder = file.getParent();
        return folder != null
                && (Files.exists(folder.resolve(QemuVmm.SOCKET))
                        || FirecrackerFiles.isIn(folder)
                        || !Files.exists(folder));
    }

    /// The access mode is the lowest two bits of an octal number: 0 is reading only.
    private boolean writes(String number) throws IOException {
        for (var line : Files.readAllLines(process.resolve("fdinfo").resolve(number)))
            if (line.startsWith("flags:"))
                return (Integer.parseInt(line.substring(6).strip(), 8) & 3) != 0;
        return true;
    }

    /// A socket of the Unix kind is in the list of its owner's network namespace; its listener was
    /// made outside, so ours is looked at as well.
    private boolean isUnix(String target) throws IOException {
        var inode = target.replaceAll("[^0-9]", "");
        for (var list : List.of(process.resolve("net/unix"), Path.of("/proc/net/unix")))
            if (Pattern.compile(" " + inode + "( |$)", Pattern.MULTILINE)
                    .matcher(Files.readString(list))
                    .find()) return true;
        return false;
    }
}
