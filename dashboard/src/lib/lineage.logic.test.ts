import { expect, test } from 'vitest';
import { lineage } from './lineage.logic';

const template = (name: string, created_at: string, metadata: Record<string, string> = {}) => ({
    name,
    created_at,
    metadata,
    type: 'snapshot' as const,
    size_bytes: 0,
    platform: false,
});

const all = [
    template('minimal', '2026-01-01'),
    template('tools', '2026-01-03', { source_capsule: 'cl-a', source_template: 'minimal' }),
    template('more', '2026-01-06', { source_capsule: 'cl-b', source_template: 'tools' }),
];

test('goes back to the beginning and on to what was made of it', () => {
    const { before, after } = lineage({ id: 'cl-b', template: 'tools', created_at: '2026-01-05' }, all);
    expect(before).toEqual([{ template: 'minimal' }, { template: 'tools', capsule: 'cl-a' }]);
    expect(after.map((t) => t.name)).toEqual(['more']);
});

test('a template that took the name later is not where it comes from', () => {
    const { before } = lineage({ id: 'cl-c', template: 'tools', created_at: '2026-01-02' }, all);
    expect(before).toEqual([{ template: 'tools' }]);
});

test('a circle of names ends', () => {
    const round = [template('x', '2026-01-01', { source_capsule: 'cl-x', source_template: 'x' })];
    expect(
        lineage({ id: 'cl-y', template: 'x', created_at: '2026-01-02' }, round).before.length,
    ).toBeLessThan(60);
});
