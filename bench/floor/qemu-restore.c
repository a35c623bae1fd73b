// The floor of restoring and saving: bare QEMU, driven over its control socket.
//
//   qemu-restore STATE MEMORY ASK ANSWER QEMU [ARG…]
//
// Starts QEMU, loads the device state from STATE and lets the VM run. QEMU's command line maps the
// file MEMORY privately as the guest's RAM and has `-incoming defer`. For each line `DISK DIRECTORY`
// read from the FIFO ASK the VM is stopped, device state, changed memory and a clone of DISK are
// written into DIRECTORY, the VM goes on, and one line goes to the FIFO ANSWER: the microseconds the
// VM was stopped and the number of pages written. ASK and ANSWER are "-" when nothing is to be saved.
// QEMU ends with this process.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, BATCH = 512, RUNS = 4096, MOST_BYTES = 1 << 20 };

// PAGEMAP_SCAN, <linux/fs.h> since 6.7; older headers lack it.
struct page_region {
    uint64_t start, end, categories;
};
struct pm_scan_arg {
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)
enum { FILE_BACKED = 4, PRESENT = 8, SWAPPED = 16, ZERO_PAGE = 32 };
#define FICLONE _IOW(0x94, 9, int) // <linux/fs.h>

static int control;
static pid_t vm;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static double micros(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

// Reads lines until one is an answer; events are passed over.
static const char *answer(void) {
    static char buffer[64 << 10];
    static size_t used, taken;
    for (;;) {
        memmove(buffer, buffer + taken, used - taken);
        used -= taken, taken = 0;
        char *end = memchr(buffer, '\n', used);
        if (end != NULL) {
            *end = 0;
            taken = end + 1 - buffer;
            if (strstr(buffer, "\"error\"") != NULL) {
                fprintf(stderr, "%s\n", buffer);
                exit(1);
            }
            if (strstr(buffer, "\"return\"") != NULL || strstr(buffer, "\"QMP\"") != NULL)
                return buffer;
            continue;
        }
        ssize_t got = read(control, buffer + used, sizeof buffer - used);
        if (got <= 0) die("QEMU ended");
        used += got;
    }
}

static const char *command(const char *text) {
    if (write(control, text, strlen(text)) != (ssize_t)strlen(text)) die("QMP");
    return answer();
}

static void send_descriptor(int fd) {
    char text[] = "{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"state\"}}\n";
    char space[CMSG_SPACE(sizeof fd)] = {0};
    struct iovec part = {text, strlen(text)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1,
                             .msg_control = space, .msg_controllen = sizeof space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    if (sendmsg(control, &message, 0) < 0) die("getfd");
    answer();
}

static void start(char **arguments, int count) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) die("socketpair");
    vm = fork();
    if (vm < 0) die("fork");
    if (vm == 0) {
        char channel[64];
        int inherited = dup(ends[1]); // without close-on-exec
        snprintf(channel, sizeof channel, "socket,id=q,fd=%d", inherited);
        char **all = calloc(count + 5, sizeof *all);
        memcpy(all, arguments, count * sizeof *all);
        all[count] = "-chardev", all[count + 1] = channel;
        all[count + 2] = "-mon", all[count + 3] = "chardev=q,mode=control";
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(all[0], all);
        die(all[0]);
    }
    close(ends[1]);
    control = ends[0];
}

static void restore(const char *state) {
    int fd = open(state, O_RDONLY | O_CLOEXEC);
    if (fd < 0) die(state);
    answer(); // the greeting
    command("{\"execute\":\"qmp_capabilities\"}\n");
    send_descriptor(fd);
    command("{\"execute\":\"migrate-incoming\",\"arguments\":{\"uri\":\"fd:state\"}}\n");
    struct timespec half_a_millisecond = {0, 500000};
    while (strstr(command("{\"execute\":\"query-status\"}\n"), "inmigrate") != NULL)
        nanosleep(&half_a_millisecond, NULL);
    command("{\"execute\":\"cont\"}\n");
    close(fd);
}

// Where QEMU has mapped the memory file.
static void find_ram(const char *memory, uint64_t *start, uint64_t *end) {
    char name[64], line[4096];
    snprintf(name, sizeof name, "/proc/%d/maps", vm);
    FILE *maps = fopen(name, "re");
    if (maps == NULL) die(name);
    *start = *end = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        if (strstr(line, memory) == NULL || sscanf(line, "%lx-%lx", &from, &to) != 2) continue;
        if (*start == 0) *start = from;
        *end = to;
    }
    fclose(maps);
    if (*start == 0) die("guest RAM is not mapped");
}

static uint64_t flush(struct iovec *ranges, int count, uint64_t bytes, char *buffer, int out) {
    struct iovec into = {buffer, bytes};
    if (count == 0) return 0;
    if (process_vm_readv(vm, &into, 1, ranges, count, 0) != (ssize_t)bytes) die("readv");
    if (write(out, buffer, bytes) != (ssize_t)bytes) die("write");
    return bytes / PAGE;
}

// Pages that are no longer those of the file: what the guest has written.
static uint64_t save_memory(const char *memory, int out) {
    static struct page_region found[RUNS];
    static struct iovec ranges[BATCH];
    static char *buffer;
    if (buffer == NULL) buffer = aligned_alloc(PAGE, MOST_BYTES);
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/pagemap", vm);
    int pagemap = open(name, O_RDONLY | O_CLOEXEC);
    if (pagemap < 0) die(name);
    uint64_t at, end, pages = 0, bytes = 0;
    int count = 0;
    find_ram(memory, &at, &end);
    for (;;) {
        struct pm_scan_arg scan = {.size = sizeof scan, .start = at, .end = end,
                                   .vec = (uint64_t)found, .vec_len = RUNS,
                                   .category_inverted = FILE_BACKED | ZERO_PAGE,
                                   .category_mask = FILE_BACKED | ZERO_PAGE,
                                   .category_anyof_mask = PRESENT | SWAPPED,
                                   .return_mask = PRESENT};
        int runs = ioctl(pagemap, PAGEMAP_SCAN, &scan);
        if (runs < 0) die("PAGEMAP_SCAN");
        for (int i = 0; i < runs; i++) {
            for (uint64_t from = found[i].start; from < found[i].end;) {
                uint64_t room = MOST_BYTES - bytes, left = found[i].end - from;
                uint64_t length = left < room ? left : room;
                ranges[count++] = (struct iovec){(void *)from, length};
                bytes += length, from += length;
                if (bytes < MOST_BYTES && count < BATCH) continue;
                pages += flush(ranges, count, bytes, buffer, out);
                count = 0, bytes = 0;
            }
        }
        if (runs < RUNS) break; // walk_end is stale when the kernel's buffer was flushed before
        at = found[runs - 1].end;
    }
    close(pagemap);
    return pages + flush(ranges, count, bytes, buffer, out);
}

static int create(const char *directory, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) die(path);
    return fd;
}

static void save(const char *memory, const char *disk, const char *directory, FILE *to) {
    int part = create(directory, "memory"), clone = create(directory, "disk");
    int root = open(disk, O_RDWR | O_CLOEXEC);
    if (root < 0 || fdatasync(root) != 0) die(disk); // or the stop waits for it
    char call[4200];
    snprintf(call, sizeof call,
             "{\"execute\":\"xen-save-devices-state\",\"arguments\":"
             "{\"filename\":\"%s/state\",\"live\":false}}\n", directory);
    double began = micros();
    command("{\"execute\":\"stop\"}\n");
    command(call);
    uint64_t pages = save_memory(memory, part);
    if (ioctl(clone, FICLONE, root) != 0) die("FICLONE");
    command("{\"execute\":\"cont\"}\n");
    double stopped = micros() - began;
    close(part), close(clone), close(root);
    fprintf(to, "%.0f %lu\n", stopped, pages);
    fflush(to);
}

int main(int count, char **arguments) {
    if (count < 6) return 2;
    const char *memory = arguments[2];
    start(arguments + 5, count - 5);
    restore(arguments[1]);
    if (strcmp(arguments[3], "-") != 0) {
        FILE *ask = fopen(arguments[3], "re"), *to = fopen(arguments[4], "we");
        if (ask == NULL || to == NULL) die("FIFO");
        char disk[2048], directory[2048];
        while (fscanf(ask, "%2047s %2047s", disk, directory) == 2) save(memory, disk, directory, to);
    }
    return waitpid(vm, NULL, 0) == vm ? 0 : 1;
}
