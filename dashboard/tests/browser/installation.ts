import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

/** One installation of this checkout with real VMs, for all browser tests. */

declare module 'vitest' {
    export interface ProvidedContext {
        site: string;
        link: string;
        data: string;
    }
}

const run = promisify(execFile);
const launcher = fileURLToPath(new URL('../../../wrenn', import.meta.url));

function freePort(): Promise<number> {
    return new Promise((done, failed) => {
        const server = createServer();
        server.once('error', failed);
        server.listen(0, '127.0.0.1', () => {
            const address = server.address();
            server.close(() => done(typeof address === 'object' && address ? address.port : 0));
        });
    });
}

export default async function start(project: TestProject): Promise<() => Promise<void>> {
    // One that runs already is used and left alone: for those who work on the pages.
    const running = process.env['WRENN_TEST_INSTALLATION'];
    const data = running ?? mkdtempSync(join(tmpdir(), 'wrenn-browser-'));
    const port = await freePort();
    const env = {
        ...process.env,
        WRENN_SLOT_POOL: '4',
        // Every test signs somebody up from the one address there is.
        WRENN_CP_ATTEMPTS_PER_ADDRESS: '10000',
        // The channel of a test is a server on this machine.
        WRENN_CP_OUTGOING_ALLOW: 'localhost,127.0.0.1',
    };
    const stop = async () => {
        if (running) return;
        await run(launcher, ['down', '--data-dir', data], { env });
        rmSync(data, { recursive: true, force: true });
    };
    try {
        const up = ['up', '--detach', '--port', String(port), '--data-dir', data];
        const { stdout } = await run(launcher, up, { env, timeout: 20 * 60_000 });
        const link = /open (\S+\/welcome#[0-9a-f]{32})/.exec(stdout)?.[1];
        if (!link) throw new Error(`up printed no link: ${stdout}`);
        project.provide('site', new URL(link).origin.replace('127.0.0.1', 'localhost'));
        project.provide('link', link);
        project.provide('data', data);
    } catch (error) {
        await stop();
        throw error;
    }
    return stop;
}
