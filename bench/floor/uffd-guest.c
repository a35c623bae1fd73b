// The client of the pager benchmark: owns memory as a VMM does and times how long its pages take.
//
//   uffd-guest BYTES STRIDE SEED
//
// Maps BYTES of anonymous memory, hands its userfaultfd to the page server at descriptor 3 as a VMM
// does (Firecracker's message; missing pages and writes tracked, as our preloaded library asks
// for), and prints "ready". For the line "go" it reads one page of every STRIDE bytes, in an order
// that depends on SEED only, and writes the nanoseconds of each read as u32 to standard output.
// Every page must begin with its own number plus one, else it ends with status 3.
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { SERVER = 3, PAGE = 4096 };

// <linux/userfaultfd.h> since 6.4 and 6.7; older headers lack them.
#define WP_UNPOPULATED (1ULL << 13)
#define WP_ASYNC (1ULL << 15)

static void die(const char *what) {
    perror(what);
    exit(1);
}

static uint64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static uint64_t next(uint64_t *state) { // xorshift64
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void hand_over(int userfault, const char *memory, uint64_t bytes) {
    char text[256];
    int length = snprintf(text, sizeof text,
                          "[{\"base_host_virt_addr\":%lu,\"size\":%lu,\"offset\":0,"
                          "\"page_size\":4096,\"page_size_kib\":4096}]",
                          (unsigned long)memory, bytes);
    char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part = {text, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1,
                             .msg_control = control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof userfault);
    memcpy(CMSG_DATA(header), &userfault, sizeof userfault);
    if (sendmsg(SERVER, &message, 0) != length) die("sendmsg");
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    uint64_t bytes = strtoull(arguments[1], NULL, 10);
    uint64_t stride = strtoull(arguments[2], NULL, 10);
    uint64_t state = strtoull(arguments[3], NULL, 10) * 2654435761U + 88172645463325252ULL;

    int userfault = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
    if (userfault < 0) die("userfaultfd");
    struct uffdio_api api = {.api = UFFD_API,
                             .features = UFFD_FEATURE_EVENT_REMOVE |
                                         UFFD_FEATURE_PAGEFAULT_FLAG_WP | WP_UNPOPULATED |
                                         WP_ASYNC};
    if (ioctl(userfault, UFFDIO_API, &api) != 0) die("UFFDIO_API");
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) die("mmap");
    if (madvise(memory, bytes, MADV_NOHUGEPAGE) != 0) die("madvise");
    struct uffdio_register range = {.range = {(uint64_t)memory, bytes},
                                    .mode = UFFDIO_REGISTER_MODE_MISSING |
                                            UFFDIO_REGISTER_MODE_WP};
    if (ioctl(userfault, UFFDIO_REGISTER, &range) != 0) die("UFFDIO_REGISTER");
    hand_over(userfault, memory, bytes);

    uint64_t reads = bytes / stride;
    uint64_t *order = malloc(reads * sizeof *order);
    uint32_t *took = malloc(reads * sizeof *took);
    if (order == NULL || took == NULL) die("malloc");
    memset(took, 0, reads * sizeof *took);
    for (uint64_t i = 0; i < reads; i++) {
        order[i] = i * stride / PAGE + next(&state) % (stride / PAGE);
    }
    for (uint64_t i = reads - 1; i > 0; i--) {
        uint64_t other = next(&state) % (i + 1), kept = order[i];
        order[i] = order[other];
        order[other] = kept;
    }
    char line[8];
    if (write(1, "ready\n", 6) != 6 || read(0, line, sizeof line) <= 0) die("go");

    for (uint64_t i = 0; i < reads; i++) {
        uint64_t start = now();
        uint64_t first = *(volatile uint64_t *)(memory + order[i] * PAGE);
        took[i] = (uint32_t)(now() - start);
        if (first != order[i] + 1) {
            fprintf(stderr, "page %lu begins with %lu\n", order[i], first);
            return 3;
        }
    }
    if (fwrite(took, sizeof *took, reads, stdout) != reads || fflush(stdout) != 0) die("fwrite");
    return 0;
}
