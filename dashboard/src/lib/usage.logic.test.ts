import { expect, test } from 'vitest';
import { daysOf, hours, share } from './usage.logic';

test.each([
    [0, 100, 0, 'fine'],
    [1, 3, 33.3, 'fine'],
    [80, 100, 80, 'near'],
    [100, 100, 100, 'full'],
    [120, 100, 100, 'full'],
    [0, 0, 0, 'fine'],
    [1, 0, 100, 'full'],
] as const)('%i of %i', (used, limit, percent, tone) => {
    expect(share(used, limit)).toEqual({ percent, tone });
});

const NOW = Date.parse('2026-03-01T12:00:00Z');
const days = (query: string) => daysOf(new URLSearchParams(query), NOW);

test('days up to today, or from one to another', () => {
    expect(days('')).toEqual({ from: '2026-01-31', to: '2026-03-01', problem: '' });
    expect(days('days=7')).toMatchObject({ from: '2026-02-23', to: '2026-03-01' });
    expect(days('from=2026-02-28&to=2026-03-01')).toEqual({
        from: '2026-02-28',
        to: '2026-03-01',
        problem: '',
    });
    expect(days('days=8&to=2026-01-30')).toMatchObject({ from: '2026-01-01', to: '2026-01-30' });
});

test('days that cannot be asked for say why', () => {
    expect(days('from=2026-02-02&to=2026-02-01').problem).toContain('after');
    expect(days('from=never').problem).not.toBe('');
    expect(days('from=2025-11-30').problem).toBe('');
    expect(days('from=2025-11-29').problem).toContain('92');
});

test.each([
    [0, '0 min'],
    [0.44, '0.4 min'],
    [59.4, '59 min'],
    [90, '1.5 h'],
    [60_000, '1,000 h'],
])('%d minutes are %s', (minutes, text) => {
    expect(hours(minutes)).toBe(text);
});
