import { expect, test } from 'vitest';
import { ordered, orderOf, turned } from './order.logic';

const rows = [
    { name: 'tool-10', size: 3 },
    { name: 'tool-9', size: 3 },
    { name: 'Tool-1', size: 20 },
    { name: 'none', size: undefined },
];
const value = (row: (typeof rows)[number], by: string) => (by === 'size' ? row.size : row.name);
const names = (by: string, down: boolean) => ordered(rows, value, { by, down }).map((row) => row.name);

test('sorts words as people count, and numbers as numbers', () => {
    expect(names('name', false)).toEqual(['none', 'Tool-1', 'tool-9', 'tool-10']);
    expect(names('size', false)).toEqual(['tool-10', 'tool-9', 'Tool-1', 'none']);
    expect(names('size', true)).toEqual(['Tool-1', 'tool-10', 'tool-9', 'none']);
});

test('is part of the address', () => {
    const usual = { by: 'created', down: true };
    expect(orderOf(new URLSearchParams(), usual)).toEqual(usual);
    expect(orderOf(new URLSearchParams('sort=name'), usual)).toEqual({ by: 'name', down: false });
    expect(orderOf(new URLSearchParams('sort=name&order=desc'), usual)).toEqual({ by: 'name', down: true });
    expect(turned(usual, 'name')).toEqual({ sort: 'name', order: '' });
    expect(turned({ by: 'name', down: false }, 'name')).toEqual({ sort: 'name', order: 'desc' });
    expect(turned({ by: 'name', down: true }, 'name')).toEqual({ sort: 'name', order: '' });
});
