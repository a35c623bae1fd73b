import { svelte } from '@sveltejs/vite-plugin-svelte';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** With WRENN_API_URL `npx vite` serves the sources against a running installation. */
const api = process.env['WRENN_API_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
    plugins: [svelte()],
    resolve: {
        alias: { $contract: here('./target/contract.ts'), $lib: here('./src/lib'), $ui: here('./src/ui') },
    },
    build: {
        outDir: 'target/site',
        emptyOutDir: true,
        target: 'es2022',
        modulePreload: { polyfill: false },
        assetsInlineLimit: 0, // the policy of the pages takes files only
        manifest: 'manifest.json',
    },
    server: { proxy: { '/api': { target: api, ws: true } } },
    test: { include: ['src/**/*.test.ts', 'tests/*.test.ts'], environment: 'node' },
});
