import { expect, test } from 'vitest';
import { commands, find } from './palette.logic';
import type { Capsule } from './capsules.logic';

const who = { admin: false, byoc: false, role: 'member' } as const;
const capsule = { id: 'cl-1', template: 'tools', status: 'running' } as Capsule;
const all = commands(who, [capsule], [{ id: 'team-1', name: '<img src=x>' }]);

test('finds by every word, wherever it is', () => {
    expect(find(all, 'tools running').map((c) => c.id)).toEqual(['cl-1']);
    expect(find(all, 'AUDIT').map((c) => c.path)).toEqual(['/dashboard/audit']);
    expect(find(all, '<img').map((c) => c.id)).toEqual(['team-1']);
    expect(find(all, 'nothing like it')).toEqual([]);
});

test('is bounded', () => {
    const many = commands(who, Array<Capsule>(5000).fill(capsule), []);
    expect(find(many, '')).toHaveLength(40);
});
