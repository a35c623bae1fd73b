import { expect, test } from 'vitest';
import { ceiling, RANGES, rangeOf, series, type Point } from './metrics.logic';

const point = (at: number, cpu = 10): Point => ({
    timestamp_unix: at,
    cpu_pct: cpu,
    mem_bytes: 128 * 1024 * 1024,
    disk_bytes: 5 * 1024 * 1024,
});

test('an address names a range, or it is ten minutes', () => {
    expect(rangeOf('6h').seconds).toBe(60);
    for (const wrong of [null, '', '2h', '30d']) expect(rangeOf(wrong).id).toBe('10m');
    expect(RANGES.map((range) => range.seconds)).toEqual([10, 10, 30, 60, 120]);
});

test('points become lines in the units of the charts', () => {
    const lines = series([point(100, 12.5), point(101)], 0.5);
    expect(lines).toEqual({
        times: [100, 101],
        cpu: [12.5, 10],
        memoryMb: [128, 128],
        diskMb: [5, 5],
    });
    expect(series([], 30).times).toEqual([]);
});

test('two points of one second are half a second apart', () => {
    expect(series([point(100), point(100), point(101), point(101)], 0.5).times).toEqual([
        100, 100.5, 101, 101.5,
    ]);
});

test('a line is broken where nothing was measured', () => {
    const lines = series([point(0), point(30), point(400)], 30);
    expect(lines.times).toEqual([0, 30, 215, 400]);
    expect(lines.cpu).toEqual([10, 10, null, 10]);
    expect(series([point(0), point(65)], 30).cpu, 'a little late').toEqual([10, 10]);
});

test('an axis has room for what is there', () => {
    expect(ceiling([1, null, 3], 512)).toBe(512);
    expect(ceiling([1, null, 600], 512)).toBe(600);
    expect(ceiling([], 1)).toBe(1);
});
