import { expect, test } from 'vitest';
import { kept, parse, sample, type Sample } from './metrics.logic';

const output = (user: number, idle: number) => `cpu  ${user} 0 100 ${idle} 50 0 0 0 0 0
MemTotal:         494000 kB
MemAvailable:     400000 kB
/dev/vda   1000000 250000 700000  27% /
`;

test('reads what the guest says', () => {
    expect(parse(output(100, 800))).toEqual({
        busy: 200,
        total: 1050,
        memoryTotalKb: 494_000,
        memoryFreeKb: 400_000,
        diskTotalKb: 1_000_000,
        diskUsedKb: 250_000,
    });
    expect(parse('')).toBeUndefined();
    expect(parse('cpu a b c d e\n')).toBeUndefined();
});

test('two readings give a share of the processors', () => {
    const before = parse(output(100, 800));
    const now = parse(output(150, 850));
    if (!before || !now) throw new Error('not read');
    expect(sample(1, before, undefined).cpu).toBeNull();
    expect(sample(2, now, before).cpu).toBe(50);
    expect(sample(2, now, now).cpu).toBeNull();
});

test('forgets what is too old', () => {
    const at = (n: number): Sample => ({ at: n, cpu: 1, memoryMb: 1, diskMb: 1 });
    expect(kept([at(0), at(50)], at(100), 60).map((s) => s.at)).toEqual([50, 100]);
});
