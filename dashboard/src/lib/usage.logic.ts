/** How much of a limit is used, and whether that deserves attention. */
export function share(used: number, limit: number): { percent: number; tone: 'fine' | 'near' | 'full' } {
    const part = limit <= 0 ? (used > 0 ? 1 : 0) : used / limit;
    const percent = Math.min(100, Math.round(part * 1000) / 10);
    return { percent, tone: part >= 1 ? 'full' : part >= 0.8 ? 'near' : 'fine' };
}

const DAY_MS = 86_400_000;
const MOST_DAYS = 92;

/** Days up to today that are asked for most. */
export const PRESETS = [7, 30, 90] as const;

export interface Days {
    from: string;
    to: string;
    /** Why they cannot be asked for. */
    problem: string;
}

function before(day: string, days: number): string {
    return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}

/** The days, in UTC, that an address asks for: `days` up to today, or `from` and `to`; 30 when it says nothing. */
export function daysOf(query: URLSearchParams, now: number): Days {
    const today = new Date(now).toISOString().slice(0, 10);
    const preset = PRESETS.find((days) => String(days) === query.get('days'));
    const to = preset ? today : query.get('to') || today;
    const from = preset ? before(today, preset - 1) : query.get('from') || before(to, 29);
    const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
    if (Number.isNaN(days) || days < 1) return { from, to, problem: 'The first day is after the last one.' };
    if (days > MOST_DAYS) return { from, to, problem: `At most ${MOST_DAYS} days can be shown at once.` };
    return { from, to, problem: '' };
}

/** Minutes as people count them: `42 min`, `3.5 h`. */
export function hours(minutes: number): string {
    if (minutes < 60) return `${minutes < 10 ? Number(minutes.toFixed(1)) : Math.round(minutes)} min`;
    const count = minutes / 60;
    return `${count < 10 ? count.toFixed(1) : Math.round(count).toLocaleString()} h`;
}
