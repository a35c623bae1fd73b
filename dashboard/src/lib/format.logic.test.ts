import { expect, test } from 'vitest';
import { bytes, duration, idle, mebibytes, relative, shortId, statusText } from './format.logic';

const now = Date.parse('2026-05-02T10:00:00Z');

test.each([
    ['2026-05-02T10:00:00Z', 'just now'],
    ['2026-05-02T09:59:30Z', '30 s ago'],
    ['2026-05-02T09:58:01Z', '1 min ago'],
    ['2026-05-02T07:00:00Z', '3 h ago'],
    ['2026-04-30T10:00:00Z', '2 d ago'],
    ['2026-01-30T10:00:00Z', '2026-01-30'],
    ['2026-05-02T10:10:00Z', 'in 10 min'],
    ['nonsense', 'nonsense'],
])('%s is %s', (time, words) => {
    expect(relative(time, now)).toBe(words);
});

test('sizes', () => {
    expect(bytes(0)).toBe('0 B');
    expect(bytes(1023)).toBe('1023 B');
    expect(bytes(1536)).toBe('1.5 KiB');
    expect(bytes(5 * 1024 ** 3)).toBe('5 GiB');
    expect(mebibytes(512)).toBe('512 MiB');
    expect(mebibytes(262_144)).toBe('256 GiB');
});

test('durations', () => {
    expect(duration(12)).toBe('12 ms');
    expect(duration(4210)).toBe('4.2 s');
    expect(duration(185_000)).toBe('3 min 5 s');
    expect(duration(7_260_000)).toBe('2 h 1 min');
    expect(idle(0)).toBe('never');
    expect(idle(90)).toBe('90 s');
    expect(idle(600)).toBe('10 min');
    expect(idle(7200)).toBe('2 h');
});

test('ids and statuses', () => {
    expect(shortId('cl-eh20m2rvgvw6snhr754ezwsqh')).toBe('cl-eh20m2rv…');
    expect(shortId('minimal')).toBe('minimal');
    expect(statusText('missing')).toBe('host unreachable');
});
