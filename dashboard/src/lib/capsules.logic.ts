import type { Schemas } from './api';

export type Capsule = Schemas['Capsule'];
export type Status = Capsule['status'];

export type Action = 'pause' | 'resume' | 'snapshot' | 'destroy';

/** What can be done with a capsule in a status. */
export function actions(status: Status): Action[] {
    switch (status) {
        case 'running':
            return ['pause', 'snapshot', 'destroy'];
        case 'paused':
        case 'hibernated':
            return ['resume', 'snapshot', 'destroy'];
        case 'pending':
        case 'starting':
        case 'missing':
            return ['destroy'];
        case 'stopped':
        case 'error':
            return [];
    }
}

/** Whether it is on its way to another status by itself. */
export function moving(status: Status): boolean {
    return status === 'pending' || status === 'starting';
}

export function ended(status: Status): boolean {
    return status === 'stopped' || status === 'error';
}

export type SortKey = 'created' | 'status' | 'template' | 'vcpus' | 'memory' | 'active';

export interface Filter {
    text: string;
    status: string;
    sort: SortKey;
    ascending: boolean;
}

/** The capsules that a filter lets through, in its order. */
export function select(all: readonly Capsule[], filter: Filter): Capsule[] {
    const text = filter.text.trim().toLowerCase();
    const kept = all.filter(
        (capsule) =>
            (filter.status === '' || capsule.status === filter.status) &&
            (text === '' || capsule.id.includes(text) || capsule.template.toLowerCase().includes(text)),
    );
    const direction = filter.ascending ? 1 : -1;
    return kept.sort((a, b) => direction * compare(a, b, filter.sort) || compare(b, a, 'created'));
}

function compare(a: Capsule, b: Capsule, key: SortKey): number {
    switch (key) {
        case 'created':
            return order(a.created_at, b.created_at);
        case 'status':
            return order(a.status, b.status);
        case 'template':
            return order(a.template, b.template);
        case 'vcpus':
            return a.vcpus - b.vcpus;
        case 'memory':
            return a.memory_mb - b.memory_mb;
        case 'active':
            return order(a.last_active_at ?? '', b.last_active_at ?? '');
    }
}

function order(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}

/** How many there are of each status. */
export function count(all: readonly Capsule[]): Partial<Record<Status, number>> {
    const counts: Partial<Record<Status, number>> = {};
    for (const capsule of all) counts[capsule.status] = (counts[capsule.status] ?? 0) + 1;
    return counts;
}

/** The list with one capsule as it is now: changed, new at the top, or gone when it has ended. */
export function merge(all: readonly Capsule[], now: Capsule): Capsule[] {
    if (ended(now.status)) return all.filter((capsule) => capsule.id !== now.id);
    const at = all.findIndex((capsule) => capsule.id === now.id);
    if (at < 0) return [now, ...all];
    return all.map((capsule, i) => (i === at ? now : capsule));
}

/** Which rows of a long list are on the screen, and a few around them. */
export function windowOf(scroll: number, height: number, row: number, total: number, around = 8) {
    const first = Math.max(0, Math.min(total, Math.floor(scroll / row) - around));
    const last = Math.min(total, Math.ceil((scroll + height) / row) + around);
    return { first, last: Math.max(first, last) };
}

/**
 * A number for each row on the screen, by which it is known: its own while it stays, that of one that left for
 * one that came. Rows that scroll in take over what was made for those that scrolled out.
 */
export function places(ids: readonly string[], before: ReadonlyMap<string, number>): Map<string, number> {
    const now = new Map<string, number>();
    const taken = new Set<number>();
    for (const id of ids) {
        const place = before.get(id);
        if (place === undefined) continue;
        now.set(id, place);
        taken.add(place);
    }
    let free = 0;
    for (const id of ids) {
        if (now.has(id)) continue;
        while (taken.has(free)) free++;
        now.set(id, free++);
    }
    return now;
}

/** The CLI and API forms of a create, for people who want to do it in a program. */
export function createCommands(template: string, vcpus: number, memory: number, idleSeconds: number) {
    const cli = [`./wrenn capsule create --template ${template}`, `--vcpus ${vcpus}`, `--memory ${memory}`];
    if (idleSeconds > 0) cli.push(`--timeout ${idleSeconds}`);
    const json: Record<string, unknown> = { template, vcpus, memory_mb: memory };
    if (idleSeconds > 0) json['timeout_sec'] = idleSeconds;
    const curl = `curl -s -X POST $API/v1/capsules -H "X-API-Key: $KEY" -d '${JSON.stringify(json)}'`;
    return { cli: cli.join(' '), curl };
}
