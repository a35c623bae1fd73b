import type { Schemas } from './api';

export type Build = Schemas['Build'];
export type BuildLog = Schemas['BuildLog'];

export function underWay(build: Pick<Build, 'status'>): boolean {
    return build.status === 'pending' || build.status === 'running';
}

/** Milliseconds from its start to its end, or to now. */
export function took(build: Build, now: number): number {
    if (!build.started_at) return 0;
    const end = build.completed_at ? Date.parse(build.completed_at) : now;
    return Math.max(0, end - Date.parse(build.started_at));
}

/** The instructions of a recipe as somebody wrote them, one a line; comments and empty lines go. */
export function recipe(text: string): string[] {
    return text
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line !== '' && !line.startsWith('#'));
}

/** How a step stands. */
export function stepStatus(log: BuildLog): 'running' | 'success' | 'failed' {
    if (log.ok === null || log.ok === undefined) return 'running';
    return log.ok ? 'success' : 'failed';
}

/** The steps that are open without anybody having opened them: the one that runs, and those that failed. */
export function opensItself(log: BuildLog): boolean {
    return stepStatus(log) !== 'success';
}

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/;

/** What keeps a build from being asked for; empty when nothing does. */
export function objection(name: string, lines: readonly string[]): string {
    if (!NAME.test(name)) return 'The name has letters, digits, dots, dashes and underscores, 64 at most.';
    if (lines.length === 0) return 'The recipe has no instruction.';
    if (lines.length > 1000) return 'The recipe has more than 1000 instructions.';
    return '';
}
