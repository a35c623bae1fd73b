"""Plays a VMM's guest: maps memory the way QEMU maps RAM, reads all of it in random order, prints a
digest; then answers lines: 'drop' gives pages back and prints whether they read zero, 'sum' prints
the digest again, 'end' ends. Run under libramshim.so."""

import ctypes
import hashlib
import random
import sys

PAGE = 4096
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]

size = int(sys.argv[1])
reserved = libc.mmap(None, size, 0, 0x22, -1, 0)  # PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS
ram = libc.mmap(reserved, size, 3, 0x32, -1, 0)  # read and write, MAP_FIXED as well
assert ram == reserved


def page(number):
    return ctypes.string_at(ram + number * PAGE, PAGE)


def digest():
    total = hashlib.sha256()
    for number in range(size // PAGE):
        total.update(page(number))
    return total.hexdigest()


order = list(range(size // PAGE))
random.Random(7).shuffle(order)
for number in order:
    page(number)
print(digest(), flush=True)
for line in sys.stdin:
    if line == "drop\n":
        libc.madvise(ram, 64 * PAGE, 4)  # MADV_DONTNEED
        print(all(page(n) == bytes(PAGE) for n in range(64)), flush=True)
    elif line == "sum\n":
        print(digest(), flush=True)
    else:
        break
