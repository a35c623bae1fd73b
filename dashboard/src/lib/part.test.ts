import { expect, test } from 'vitest';
import { Part, type Code } from './part.svelte';

const code = (() => undefined) as unknown as Code;

test('code that did not come is asked for again when the server answers', async () => {
    let away = true;
    let reloads = 0;
    const part = new Part(
        () => (away ? Promise.reject(new Error('no network')) : Promise.resolve({ default: code })),
        () => reloads++,
    );
    await part.want();
    expect([part.failed, part.code]).toEqual([true, undefined]);
    away = false;
    await part.again();
    expect([part.failed, part.code, reloads]).toEqual([false, code, 0]);
    await part.again();
    expect(reloads).toBe(0);
});

test('code that does not come although the server answers needs the page anew', async () => {
    let reloads = 0;
    const part = new Part(
        () => Promise.reject(new Error('gone')),
        () => reloads++,
    );
    await part.want();
    await part.again();
    expect(reloads).toBe(1);
});
