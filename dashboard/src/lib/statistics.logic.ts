/** How far back statistics go, and how often they are asked for: as often as a bucket or two end. */
export const RANGES = [
    { id: '5m', label: '5 minutes', seconds: 15 },
    { id: '1h', label: '1 hour', seconds: 30 },
    { id: '6h', label: '6 hours', seconds: 60 },
    { id: '24h', label: '24 hours', seconds: 120 },
    { id: '30d', label: '30 days', seconds: 300 },
] as const;

export type Range = (typeof RANGES)[number];

/** The range of an address; an hour when it names none. */
export function rangeOf(text: string | null): Range {
    return RANGES.find((range) => range.id === text) ?? RANGES[1];
}

/** The upper end of an axis that begins at 0: some room above the largest value. */
export function top(values: readonly number[]): number {
    const most = Math.max(0, ...values);
    return most <= 4 ? Math.max(2, most + 1) : Math.ceil(most * 1.15);
}

/** An axis of things that are counted has no halves. */
export function whole(value: number): string {
    return Number.isInteger(value) ? value.toLocaleString() : '';
}
