import { expect, test } from 'vitest';
import { rangeOf, top, whole } from './statistics.logic';

test('an address without a known range means an hour', () => {
    expect(rangeOf('30d')).toMatchObject({ id: '30d', seconds: 300 });
    expect(rangeOf(null).id).toBe('1h');
    expect(rangeOf('2h').id).toBe('1h');
});

test('an axis begins at 0 and has room above what is largest', () => {
    expect(top([])).toBe(2);
    expect(top([0, 1])).toBe(2);
    expect(top([4, 2])).toBe(5);
    expect(top([100])).toBe(115);
});

test('what is counted has no halves', () => {
    expect([0, 0.5, 1].map(whole)).toEqual(['0', '', '1']);
});
