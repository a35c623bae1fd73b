import { expect, test } from 'vitest';
import {
    objection,
    opensItself,
    recipe,
    stepStatus,
    took,
    underWay,
    type Build,
    type BuildLog,
} from './builds.logic';

const log = (ok: boolean | null): BuildLog => ({
    step: 1,
    phase: 'recipe',
    cmd: 'true',
    stdout: '',
    stderr: '',
    exit: null,
    ok,
    elapsed_ms: 1,
    cached: false,
});

test('recipes', () => {
    expect(recipe(' RUN a\n\n# no\r\nUSER b ')).toEqual(['RUN a', 'USER b']);
    expect(objection('python', ['RUN a'])).toBe('');
    expect(objection('-bad', ['RUN a'])).toContain('name');
    expect(objection('python', [])).toContain('no instruction');
    expect(objection('python', Array<string>(1001).fill('RUN a'))).toContain('1000');
});

test('steps', () => {
    expect([log(null), log(true), log(false)].map(stepStatus)).toEqual(['running', 'success', 'failed']);
    expect([log(null), log(true), log(false)].map(opensItself)).toEqual([true, false, true]);
});

test('times', () => {
    const build = { started_at: '2026-01-01T00:00:00Z', completed_at: '2026-01-01T00:00:05Z' } as Build;
    expect(took(build, 0)).toBe(5000);
    expect(took({} as Build, 0)).toBe(0);
    expect(underWay({ status: 'pending' })).toBe(true);
    expect(underWay({ status: 'cancelled' })).toBe(false);
});
