// The floor of the pager benchmark: a page server in C, one thread, nothing else to do.
//
//   uffd-handler IMAGE CLUSTER
//
// Descriptor 3 is a connected Unix socket to a VMM. Takes the VMM's handshake (a JSON array of
// regions with the userfaultfd as ancillary data), answers each missing fault with one aligned
// cluster of CLUSTER bytes from the flat memory image, and ends when the VMM hangs up. Pages that
// were given back read zeros. Nothing is verified and nothing is recorded.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VMM = 3, PAGE = 4096, REGIONS = 16, EVENTS = 64 };

struct region {
    uint64_t base, size, offset;
};

static struct region regions[REGIONS];
static int region_count;
static int userfault = -1;
static char *image;
static uint64_t cluster;
static char *given_back; // one flag a page of guest memory
static char *zeros;      // one cluster
static uint64_t protect = UFFDIO_COPY_MODE_WP;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t field(const char *object, const char *name) {
    const char *at = strstr(object, name);
    if (at == NULL) die("handshake without a field");
    return strtoull(at + strlen(name), NULL, 10);
}

static void handshake(void) {
    static char text[64 << 10];
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec bytes = {text, sizeof text - 1};
    struct msghdr message = {.msg_iov = &bytes, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(VMM, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (length <= 0 || header == NULL || header->cmsg_type != SCM_RIGHTS) die("handshake");
    memcpy(&userfault, CMSG_DATA(header), sizeof userfault);
    for (char *at = strchr(text, '{'); at != NULL && region_count < REGIONS;
         at = strchr(at + 1, '{')) {
        regions[region_count++] = (struct region){field(at, "\"base_host_virt_addr\":"),
                                                  field(at, "\"size\":"), field(at, "\"offset\":")};
    }
}

static struct region *region_of(uint64_t address) {
    for (int i = 0; i < region_count; i++) {
        if (address - regions[i].base < regions[i].size) return &regions[i];
    }
    die("fault outside of guest memory");
    return NULL;
}

static void remove_pages(uint64_t start, uint64_t end) {
    struct region *region = region_of(start);
    uint64_t first = (start - region->base + region->offset) / PAGE;
    memset(given_back + first, 1, (end - start) / PAGE);
}

// False when events must be read before the copy can go on.
static int copy(uint64_t target, const char *source, uint64_t length) {
    while (length > 0) {
        struct uffdio_copy call = {.dst = target, .src = (uint64_t)source, .len = length,
                                   .mode = protect};
        if (ioctl(userfault, UFFDIO_COPY, &call) == 0) return 1;
        if (call.copy > 0) {
            target += call.copy, source += call.copy, length -= call.copy;
        } else if (errno == EEXIST) {
            struct uffdio_range there = {target, PAGE};
            ioctl(userfault, UFFDIO_WAKE, &there);
            target += PAGE, source += PAGE, length -= PAGE;
        } else if (errno == EINVAL && protect) {
            protect = 0; // this VMM does not track writes
        } else if (errno == EAGAIN) {
            return 0;
        } else {
            die("UFFDIO_COPY");
        }
    }
    return 1;
}

static int answer(uint64_t address) {
    struct region *region = region_of(address);
    uint64_t offset = address - region->base;
    uint64_t page = (offset + region->offset) / PAGE;
    if (given_back[page]) return copy(address & -PAGE, zeros, PAGE);
    uint64_t start = offset & -cluster;
    uint64_t length = region->size - start < cluster ? region->size - start : cluster;
    return copy(region->base + start, image + region->offset + start, length);
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    int file = open(arguments[1], O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) die(arguments[1]);
    cluster = strtoull(arguments[2], NULL, 10);
    image = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, file, 0);
    if (image == MAP_FAILED) die("mmap");
    given_back = calloc(status.st_size / PAGE, 1);
    zeros = aligned_alloc(PAGE, PAGE);
    memset(zeros, 0, PAGE);
    handshake();

    struct pollfd waiting[2] = {{userfault, POLLIN, 0}, {VMM, POLLIN, 0}};
    struct uffd_msg events[EVENTS];
    uint64_t faults[2 * EVENTS];
    int pending = 0;
    for (;;) {
        if (pending == 0 && poll(waiting, 2, -1) < 0 && errno != EINTR) die("poll");
        if (waiting[1].revents != 0) return 0;
        ssize_t bytes = read(userfault, events, sizeof events);
        if (bytes < 0 && errno != EAGAIN) die("read");
        for (int i = 0; i < bytes / (ssize_t)sizeof *events; i++) {
            if (events[i].event == UFFD_EVENT_PAGEFAULT) {
                if (pending < 2 * EVENTS) faults[pending++] = events[i].arg.pagefault.address;
            } else if (events[i].event == UFFD_EVENT_REMOVE) {
                remove_pages(events[i].arg.remove.start, events[i].arg.remove.end);
            }
        }
        int left = 0;
        for (int i = 0; i < pending; i++) {
            if (!answer(faults[i])) faults[left++] = faults[i];
        }
        pending = left;
    }
}
