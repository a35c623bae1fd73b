import { expect, test } from 'vitest';
import { added, keep, kept, MOST, without } from './tabs.logic';

test('comes back to the shells that were open', () => {
    const text = keep([
        { id: 3, tag: 'pty-1a2b3c4d' },
        { id: 4, tag: '' },
    ]);
    expect(kept(text)).toEqual([{ id: 1, tag: 'pty-1a2b3c4d' }]);
});

test.each([null, '', '{}', '[]', '[1]', '["<img src=x>"]'])('begins anew with %s', (text) => {
    expect(kept(text)).toEqual([{ id: 1, tag: '' }]);
});

test('has a bound', () => {
    expect(kept(JSON.stringify(Array(20).fill('pty-1')))).toHaveLength(MOST);
});

test('a shell that is opened is another one than any before', () => {
    const two = added([{ id: 1, tag: 'pty-1' }]);
    expect(two).toEqual([
        { id: 1, tag: 'pty-1' },
        { id: 2, tag: '' },
    ]);
    const full = kept(JSON.stringify(Array(MOST).fill('pty-1')));
    expect(added(full)).toEqual(full);
});

test('the last shell that is ended makes room for a new one, not for itself', () => {
    expect(without([{ id: 1, tag: 'pty-1' }], 1)).toEqual([{ id: 2, tag: '' }]);
    const two = added([{ id: 1, tag: 'pty-1' }]);
    expect(without(two, 1)).toEqual([{ id: 2, tag: '' }]);
});
