/** Times, sizes and durations as people read them. */

const STEPS: [limit: number, unit: string, seconds: number][] = [
    [60, 's', 1],
    [3600, 'min', 60],
    [86_400, 'h', 3600],
    [30 * 86_400, 'd', 86_400],
];

/** How long ago, or in how long: `12 s ago`, `in 3 h`, and the day when it is over a month. */
export function relative(iso: string, now: number): string {
    const then = Date.parse(iso);
    if (Number.isNaN(then)) return iso;
    const seconds = Math.round((now - then) / 1000);
    const distance = Math.abs(seconds);
    if (distance < 2) return 'just now';
    for (const [limit, unit, size] of STEPS) {
        if (distance >= limit) continue;
        const text = `${Math.floor(distance / size)} ${unit}`;
        return seconds > 0 ? `${text} ago` : `in ${text}`;
    }
    return new Date(then).toISOString().slice(0, 10);
}

/** Made once: making one takes longer than all else that a row of a list needs. */
const EXACT = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });

/** The exact time, in the reader's zone. */
export function exact(iso: string): string {
    const date = new Date(iso);
    if (Number.isNaN(date.getTime())) return iso;
    return EXACT.format(date);
}

/** Bytes with one digit after the point: `1.5 GiB`. */
export function bytes(count: number): string {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
    let size = count;
    let unit = 0;
    while (size >= 1024 && unit < units.length - 1) {
        size /= 1024;
        unit++;
    }
    const digits = unit === 0 || Number.isInteger(size) || size >= 100 ? 0 : 1;
    return `${size.toFixed(digits)} ${units[unit] ?? ''}`;
}

export function mebibytes(count: number): string {
    return bytes(count * 1024 * 1024);
}

/** A length of time: `850 ms`, `4.2 s`, `3 min 5 s`. */
export function duration(ms: number): string {
    if (ms < 1000) return `${Math.round(ms)} ms`;
    const seconds = ms / 1000;
    if (seconds < 60) return `${seconds.toFixed(1)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
    return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds of idling: `never`, `90 s`, `10 min`, `2 h`. */
export function idle(seconds: number): string {
    if (seconds === 0) return 'never';
    if (seconds % 3600 === 0) return `${seconds / 3600} h`;
    if (seconds % 60 === 0) return `${seconds / 60} min`;
    return `${seconds} s`;
}

/** An id short enough for a column; the copy button has all of it. */
export function shortId(id: string): string {
    const dash = id.indexOf('-');
    return dash < 0 || id.length - dash < 14 ? id : `${id.slice(0, dash + 9)}…`;
}

/** The words of a status. */
export function statusText(status: string): string {
    return status === 'missing' ? 'host unreachable' : status;
}
