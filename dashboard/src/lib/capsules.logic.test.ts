import { expect, test } from 'vitest';
import {
    actions,
    count,
    createCommands,
    ended,
    merge,
    moving,
    select,
    windowOf,
    type Capsule,
    places,
} from './capsules.logic';

function capsule(id: string, more: Partial<Capsule> = {}): Capsule {
    return {
        id,
        status: 'running',
        template: 'minimal',
        vcpus: 1,
        memory_mb: 512,
        timeout_sec: 0,
        created_at: `2026-05-02T10:00:0${id}Z`,
        last_updated: '2026-05-02T10:00:00Z',
        ...more,
    };
}

const all = [
    capsule('1'),
    capsule('2', { status: 'paused', memory_mb: 256 }),
    capsule('3', { template: 'Tools' }),
];
const filter = { text: '', status: '', sort: 'created', ascending: false } as const;

test('sorts, newest first where it is equal', () => {
    expect(select(all, filter).map((c) => c.id)).toEqual(['3', '2', '1']);
    expect(select(all, { ...filter, sort: 'memory', ascending: true }).map((c) => c.id)).toEqual([
        '2',
        '3',
        '1',
    ]);
});

test('filters by text and status', () => {
    expect(select(all, { ...filter, text: ' tool ' }).map((c) => c.id)).toEqual(['3']);
    expect(select(all, { ...filter, status: 'paused' }).map((c) => c.id)).toEqual(['2']);
    expect(count(all)).toEqual({ running: 2, paused: 1 });
});

test('offers what each status allows', () => {
    expect(actions('running')).toContain('pause');
    expect(actions('paused')).toEqual(['resume', 'snapshot', 'destroy']);
    expect(actions('missing')).toEqual(['destroy']);
    expect(actions('stopped')).toEqual([]);
    expect(moving('starting') && !moving('running')).toBe(true);
    expect(ended('error') && !ended('paused')).toBe(true);
});

test('merges what an event told', () => {
    expect(merge(all, capsule('2', { status: 'running' }))[1]?.status).toBe('running');
    expect(merge(all, capsule('4'))[0]?.id).toBe('4');
    expect(merge(all, capsule('1', { status: 'stopped' })).map((c) => c.id)).toEqual(['2', '3']);
});

test('shows only the rows on the screen', () => {
    expect(windowOf(0, 400, 40, 10_000, 2)).toEqual({ first: 0, last: 12 });
    expect(windowOf(40_000, 400, 40, 10_000, 2)).toEqual({ first: 998, last: 1012 });
    expect(windowOf(1e9, 400, 40, 10)).toEqual({ first: 10, last: 10 });
    expect(windowOf(0, 400, 40, 0)).toEqual({ first: 0, last: 0 });
});

test('says how to do it in a program', () => {
    const { cli, curl } = createCommands('tools', 2, 1024, 600);
    expect(cli).toBe('./wrenn capsule create --template tools --vcpus 2 --memory 1024 --timeout 600');
    expect(curl).toContain('{"template":"tools","vcpus":2,"memory_mb":1024,"timeout_sec":600}');
});

test('rows keep their places while they stay, and give them to those that come', () => {
    const first = places(['a', 'b', 'c'], new Map());
    expect([...first.values()]).toEqual([0, 1, 2]);
    const scrolled = places(['b', 'c', 'd'], first);
    expect(scrolled).toEqual(new Map([['b', 1], ['c', 2], ['d', 0]])); // prettier-ignore
    const jumped = places(['x', 'y', 'z', 'w'], scrolled);
    expect([...jumped.values()].sort()).toEqual([0, 1, 2, 3]);
    expect(places(['new', 'b'], scrolled)).toEqual(new Map([['b', 1], ['new', 0]])); // prettier-ignore
});
