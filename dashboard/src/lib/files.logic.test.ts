import { expect, test } from 'vitest';
import { badName, crumbs, join, notShown, parent, preview, sorted, type Entry } from './files.logic';

function entry(name: string, more: Partial<Entry> = {}): Entry {
    return {
        name,
        path: `/${name}`,
        type: 'file',
        size: 10,
        mode: 0o644,
        permissions: '-rw-r--r--',
        owner: 'root',
        group: 'root',
        modified_at: 0,
        ...more,
    };
}

const bytes = (text: string) => new TextEncoder().encode(text);

test('paths', () => {
    expect(crumbs('/a/b').map((c) => c.path)).toEqual(['/', '/a', '/a/b']);
    expect(crumbs('/')).toHaveLength(1);
    expect(join('/', 'x')).toBe('/x');
    expect(join('/a', 'x')).toBe('/a/x');
    expect(parent('/a/b')).toBe('/a');
    expect(parent('/a')).toBe('/');
    expect(parent('/')).toBe('/');
});

test('folders come first, numbers in their order', () => {
    const names = sorted([entry('b10'), entry('b9'), entry('z', { type: 'directory' })]).map((e) => e.name);
    expect(names).toEqual(['z', 'b9', 'b10']);
});

test('shows text and nothing else', () => {
    expect(notShown(entry('a.PNG'))).not.toBe('');
    expect(notShown(entry('a.txt', { size: 11 << 20 }))).not.toBe('');
    expect(notShown(entry('a.txt'))).toBe('');
    expect(preview(bytes('a\0b'))).toBeUndefined();
    expect(preview(new Uint8Array([0xff, 0xfe, 0x41]))).toBeUndefined();
    expect(preview(bytes('<img src=x>'))).toEqual({ text: '<img src=x>', cut: false, editable: true });
});

test('cuts long texts and keeps them from being written back', () => {
    const long = preview(bytes('line\n'.repeat(5001)));
    expect(long).toMatchObject({ cut: true, editable: false });
    expect(long?.text.split('\n')).toHaveLength(5001);
    expect(preview(bytes('line\n'.repeat(5000)))).toMatchObject({ cut: false, editable: true });
    expect(preview(bytes('x'.repeat(300 * 1024)))).toMatchObject({ editable: false });
});

test('names', () => {
    for (const name of ['', ' ', 'a/b', '..', 'ü'.repeat(128)]) expect(badName(name)).not.toBe('');
    expect(badName('<img src=x onerror=alert(1)>')).toBe('');
});
