import type { Schemas } from './api';

export type Point = Schemas['CapsuleMetrics']['points'][number];

/** How far back the charts of a capsule go, how often they are asked for, and how far points are apart. */
export const RANGES = [
    { id: '5m', label: '5 minutes', seconds: 10, step: 0.5 },
    { id: '10m', label: '10 minutes', seconds: 10, step: 0.5 },
    { id: '1h', label: '1 hour', seconds: 30, step: 30 },
    { id: '6h', label: '6 hours', seconds: 60, step: 300 },
    { id: '24h', label: '24 hours', seconds: 120, step: 300 },
] as const;

export type Range = (typeof RANGES)[number];

/** The range of an address; ten minutes when it names none. */
export function rangeOf(text: string | null): Range {
    return RANGES.find((range) => range.id === text) ?? RANGES[1];
}

export interface Series {
    times: number[];
    cpu: (number | null)[];
    memoryMb: (number | null)[];
    diskMb: (number | null)[];
}

const MIB = 1024 * 1024;
/** Seconds by which points of a busy host may be late without the line being broken. */
const LATE = 5;

/**
 * Points as lines. Two of the same second are drawn half a second apart; where nothing was measured, as while
 * a capsule was paused, the line is broken.
 */
export function series(points: readonly Point[], step: number): Series {
    const all: Series = { times: [], cpu: [], memoryMb: [], diskMb: [] };
    const add = (at: number, point?: Point) => {
        all.times.push(at);
        all.cpu.push(point ? point.cpu_pct : null);
        all.memoryMb.push(point ? point.mem_bytes / MIB : null);
        all.diskMb.push(point ? point.disk_bytes / MIB : null);
    };
    let last: number | undefined;
    for (const point of points) {
        const at = last !== undefined && point.timestamp_unix <= last ? last + 0.5 : point.timestamp_unix;
        if (last !== undefined && at - last > 2 * step + LATE) add((at + last) / 2);
        add(at, point);
        last = at;
    }
    return all;
}

/** The upper end of an axis from 0 on: what there is to be had, or more if more was taken. */
export function ceiling(values: readonly (number | null)[], least: number): number {
    return Math.max(least, ...values.map((value) => value ?? 0));
}
