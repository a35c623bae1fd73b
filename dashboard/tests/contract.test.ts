import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

/** The types come from the contract: a change that the pages do not know fails their build. */

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const place = here('../target/changed/');
const contract = readFileSync(here('../../contracts/openapi.yaml'), 'utf8');

afterAll(() => rmSync(place, { recursive: true, force: true }));

/** @returns what the compiler says about the logic of capsules under this contract */
function compile(yaml: string): string {
    mkdirSync(place, { recursive: true });
    writeFileSync(`${place}openapi.yaml`, yaml);
    execFileSync('npx', ['openapi-typescript', `${place}openapi.yaml`, '-o', `${place}contract.ts`], {
        cwd: here('..'),
    });
    writeFileSync(
        `${place}tsconfig.json`,
        JSON.stringify({
            extends: '../../tsconfig.json',
            compilerOptions: { types: ['node'], paths: { $contract: ['./contract.ts'] } },
            include: ['../../src/lib/capsules.logic.ts', '../../src/lib/builds.logic.ts'],
        }),
    );
    try {
        execFileSync('npx', ['tsc', '-p', place], { cwd: here('..'), encoding: 'utf8' });
        return '';
    } catch (error) {
        return (error as { stdout: string }).stdout;
    }
}

test('a property with another name fails the build', { timeout: 120_000 }, () => {
    const capsule = '        memory_mb: {type: integer, minimum: 1}\n        timeout_sec';
    expect(contract).toContain(capsule);
    const changed = contract
        .replace(capsule, capsule.replace('memory_mb', 'memory'))
        .replace(
            'template, vcpus, memory_mb, timeout_sec, created_at',
            'template, vcpus, memory, timeout_sec, created_at',
        );
    expect(compile(changed)).toContain("Property 'memory_mb' does not exist");
});
