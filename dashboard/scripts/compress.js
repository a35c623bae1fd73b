// Writes name.gz and name.br beside every text file of the built site, so that the control plane compresses
// nothing while it serves.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const site = fileURLToPath(new URL('../target/site', import.meta.url));
const text = /\.(html|js|css|svg|json)$/;

for (const entry of readdirSync(site, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !text.test(entry.name)) continue;
    const file = join(entry.parentPath ?? entry.path, entry.name);
    const content = readFileSync(file);
    const small = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    if (small.length >= content.length) continue;
    writeFileSync(`${file}.br`, small);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
}
