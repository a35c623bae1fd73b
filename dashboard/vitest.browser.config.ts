import { defineConfig } from 'vitest/config';

/** Chromium against a whole installation with real VMs: one after the other, they share it. */
export default defineConfig({
    test: {
        include: ['tests/browser/**/*.test.ts'],
        environment: 'node',
        globalSetup: 'tests/browser/installation.ts',
        fileParallelism: false,
        testTimeout: 600_000,
        hookTimeout: 300_000,
    },
});
