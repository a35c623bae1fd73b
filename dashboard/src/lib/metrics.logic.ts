/** What a Linux guest says of itself, and what follows from two of its answers. */

/** Read in the guest by one command; `df` is of the root's file system. */
export const COMMAND = {
    cmd: 'sh',
    args: [
        '-c',
        "head -n1 /proc/stat; grep -E '^(MemTotal|MemAvailable):' /proc/meminfo; df -Pk / | tail -n1",
    ],
    timeout_sec: 5,
};

export interface Reading {
    busy: number;
    total: number;
    memoryTotalKb: number;
    memoryFreeKb: number;
    diskTotalKb: number;
    diskUsedKb: number;
}

/** Undefined when the guest answered something else. */
export function parse(output: string): Reading | undefined {
    const cpu = /^cpu\s+(.+)$/m.exec(output)?.[1]?.trim().split(/\s+/).map(Number);
    const total = /^MemTotal:\s+(\d+)/m.exec(output)?.[1];
    const free = /^MemAvailable:\s+(\d+)/m.exec(output)?.[1];
    const disk = /^\S+\s+(\d+)\s+(\d+)\s+\d+\s+\d+%\s/m.exec(output);
    if (!cpu || cpu.length < 5 || cpu.some(Number.isNaN) || !total || !free || !disk) return undefined;
    const all = cpu.slice(0, 8).reduce((sum, n) => sum + n, 0); // guest time is in user time already
    const idle = (cpu[3] ?? 0) + (cpu[4] ?? 0);
    return {
        busy: all - idle,
        total: all,
        memoryTotalKb: Number(total),
        memoryFreeKb: Number(free),
        diskTotalKb: Number(disk[1]),
        diskUsedKb: Number(disk[2]),
    };
}

export interface Sample {
    at: number;
    /** Percent of all processors since the reading before. */
    cpu: number | null;
    memoryMb: number;
    diskMb: number;
}

/** What a reading means beside the one before; the first one has no processor share. */
export function sample(at: number, now: Reading, before: Reading | undefined): Sample {
    const passed = before ? now.total - before.total : 0;
    const busy = before ? now.busy - before.busy : 0;
    return {
        at,
        cpu: passed > 0 ? Math.min(100, Math.max(0, (100 * busy) / passed)) : null,
        memoryMb: (now.memoryTotalKb - now.memoryFreeKb) / 1024,
        diskMb: now.diskUsedKb / 1024,
    };
}

/** The samples with a new one, without those that are too old to be shown. */
export function kept(samples: readonly Sample[], next: Sample, seconds: number): Sample[] {
    return [...samples.filter((s) => s.at > next.at - seconds), next];
}
