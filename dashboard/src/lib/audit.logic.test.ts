import { expect, test } from 'vitest';
import { actionsOf, csv, lets, split, toggled, words, type Entry } from './audit.logic';

const entry = (more: Partial<Entry> = {}): Entry => ({
    id: 'log-1',
    actor_type: 'user',
    actor_name: 'Ada',
    resource_type: 'sandbox',
    action: 'create',
    scope: 'team',
    status: 'success',
    created_at: '2026-05-02T10:00:00Z',
    ...more,
});

test('filters', () => {
    expect(actionsOf(['snapshot'])).toEqual(['create', 'delete']);
    expect(actionsOf([])).toContain('marked_down');
    expect(split('a,,b')).toEqual(['a', 'b']);
    expect(split(null)).toEqual([]);
    expect(toggled(['a', 'b'], 'a')).toBe('b');
    expect(toggled(['a'], 'b')).toBe('a,b');
    const open = { actor: '', from: '', to: '' };
    expect(lets(entry(), open)).toBe(true);
    expect(lets(entry(), { ...open, actor: 'ada' })).toBe(true);
    expect(lets(entry(), { ...open, actor: 'bob' })).toBe(false);
    expect(lets(entry(), { ...open, from: '2026-05-02', to: '2026-05-02' })).toBe(true);
    expect(lets(entry(), { ...open, from: '2026-05-03' })).toBe(false);
});

test('says capsule where the wire says sandbox', () => {
    expect(words('sandbox')).toBe('capsule');
    expect(words('role_update')).toBe('role update');
});

test('exports without formulas and with everything quoted that needs it', () => {
    const text = csv([entry({ actor_name: '=HYPERLINK("x")', metadata: { name: 'a,b' } })]);
    const row = text.split('\r\n')[1] ?? '';
    expect(row).toContain(`"'=HYPERLINK(""x"")"`);
    expect(row).toContain('"{""name"":""a,b""}"');
});
