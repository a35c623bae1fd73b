import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

/** What was built, as `npm run build` left it. */

const site = fileURLToPath(new URL('../target/site/', import.meta.url));

interface Chunk {
    file: string;
    imports?: string[];
    isEntry?: boolean;
    css?: string[];
}

function chunks(): Record<string, Chunk> {
    return JSON.parse(readFileSync(`${site}manifest.json`, 'utf8')) as Record<string, Chunk>;
}

/** The files that come with a chunk without anybody asking for them. */
function closure(all: Record<string, Chunk>, names: string[]): Set<string> {
    const files = new Set<string>();
    const seen = new Set<string>();
    const add = (name: string) => {
        const chunk = all[name];
        if (!chunk || seen.has(name)) return;
        seen.add(name);
        files.add(chunk.file);
        chunk.imports?.forEach(add);
    };
    names.forEach(add);
    return files;
}

const gzip = (file: string) => gzipSync(readFileSync(site + file), { level: 9 }).length;

test('the first load is at most 200 KB of script', () => {
    const all = chunks();
    const files = closure(all, ['index.html', 'src/pages/Capsules.svelte']);
    const total = [...files].reduce((sum, file) => sum + gzip(file), 0);
    console.log(`script of the first load: ${(total / 1024).toFixed(1)} KiB gzip in ${files.size} files`);
    expect(total).toBeLessThanOrEqual(200_000);
});

test('terminal and charts come when they are needed', () => {
    const all = chunks();
    const text = [...closure(all, ['index.html', 'src/pages/Capsules.svelte', 'src/pages/Capsule.svelte'])]
        .map((file) => readFileSync(site + file, 'utf8'))
        .join('\n');
    expect(text).not.toContain('xterm-helper-textarea');
    expect(text).not.toContain('u-over');
});

test('the page has no script of its own, and every text file has its small forms', () => {
    const html = readFileSync(`${site}index.html`, 'utf8');
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>/);
    expect(html).not.toMatch(/\bon\w+=/);
    for (const file of readdirSync(`${site}assets`)) {
        if (!/\.(js|css)$/.test(file) || readFileSync(`${site}assets/${file}`).length < 2000) continue;
        expect(existsSync(`${site}assets/${file}.br`), file).toBe(true);
        expect(existsSync(`${site}assets/${file}.gz`), file).toBe(true);
    }
});
