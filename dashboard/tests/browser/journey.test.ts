import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { expect, inject, onTestFinished, test } from 'vitest';
import {
    administrator,
    call,
    createCapsule,
    PATIENCE,
    shot,
    signUp,
    terminal,
    useBrowser,
    visit,
} from './browser';

useBrowser();

/** A server that channels tell; it keeps what it heard. */
async function listener(): Promise<{ url: string; heard: string[] }> {
    const heard: string[] = [];
    const server = createServer((request, response) => {
        let body = '';
        request.on('data', (part: Buffer) => (body += part.toString()));
        request.on('end', () => {
            heard.push(body);
            response.end('ok');
        });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    onTestFinished(() => void server.close());
    return { url: `http://127.0.0.1:${port}/hook`, heard };
}

test('the printed link signs in once and leads to a terminal in two clicks', async () => {
    const { page, complaints } = await visit();
    const link = inject('link').replace('127.0.0.1', 'localhost');
    await page.goto(link);
    await page.getByRole('heading', { name: 'No capsule yet' }).waitFor();
    expect(page.url()).not.toContain('#');
    await shot(page, 'first-run');
    await page.getByRole('button', { name: 'Create the first one' }).click();
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await terminal(page, 'echo $((6*7))', '42');
    expect(complaints).toEqual([]);
    await pauseFromTheList(page);

    const other = await visit();
    await other.page.goto(link);
    await other.page.getByRole('heading', { name: 'This link does not sign in' }).waitFor();
});

/** The one menu that all rows share, by keys: it opens at its row, and gives the focus back to it. */
async function pauseFromTheList(page: Page): Promise<void> {
    await page.getByRole('link', { name: 'Capsules', exact: true }).first().click();
    const button = page.getByRole('button', { name: /^Actions of cl-/ });
    await button.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: 'Open' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    expect(await button.evaluate((node) => node === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    const pause = page.getByRole('menuitem', { name: 'Pause' });
    await pause.waitFor();
    const [row, menu] = [await button.boundingBox(), await page.getByRole('menu').boundingBox()];
    expect(Math.abs((row?.y ?? 0) + (row?.height ?? 0) - (menu?.y ?? 0))).toBeLessThan(12);
    await pause.click();
    await page.getByRole('row').getByText('paused').waitFor();
}

test('from signing up to deleting the team', async () => {
    const { page, complaints } = await visit({ dark: true });
    const hook = await listener();
    await signUp(page);
    await page.getByRole('button', { name: /^Team:/ }).click();
    await page.getByRole('menuitem', { name: 'Create a team' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('Birds');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('button', { name: 'Team: Birds' }).waitFor();

    await addChannel(page, hook.url);
    expect(hook.heard.some((body) => body.includes('channel.test'))).toBe(true);

    const id = await createCapsule(page);
    await terminal(page, 'echo hello-from-$(uname -s)', 'hello-from-Linux');

    // Files: up, seen, down.
    await page.getByRole('link', { name: 'Files' }).click();
    await page.locator('input[type=file]').setInputFiles({
        name: 'notes.txt',
        mimeType: 'text/plain',
        buffer: Buffer.from('first line\n<b>second</b>\n'),
    });
    await page.getByRole('button', { name: 'notes.txt', exact: true }).click();
    await page.getByRole('region', { name: 'Content of notes.txt' }).getByText('<b>second</b>').waitFor();
    const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(readFileSync(await download.path(), 'utf8')).toBe('first line\n<b>second</b>\n');
    await page.getByRole('button', { name: 'Close' }).click();

    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.getByRole('button', { name: 'Resume', exact: true }).first().waitFor();
    await page.locator('.line').getByText('paused').waitFor();
    await page.getByRole('button', { name: 'Resume', exact: true }).first().click();
    await page.getByRole('button', { name: 'Pause', exact: true }).first().waitFor();

    await page.getByRole('button', { name: 'Snapshot', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('birdhouse');
    await page.getByRole('button', { name: 'Make the snapshot' }).click();
    await page.getByText('Snapshot birdhouse is ready').waitFor();
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('region', { name: 'Lineage' }).getByRole('link', { name: 'birdhouse' }).waitFor();

    // What happened to the capsule was told where the team wants to hear of it.
    await expect
        .poll(() => hook.heard.filter((body) => body.includes('capsule.paused')).length, {
            timeout: PATIENCE,
        })
        .toBeGreaterThan(0);

    const copy = await createCapsule(page, 'birdhouse');
    expect(copy).not.toBe(id);
    await terminal(page, 'cat notes.txt', 'first line');
    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByRole('region', { name: 'Lineage' }).getByRole('link', { name: id }).waitFor();

    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByText('snapshot create').first().waitFor();
    await page.getByText('capsule pause').first().waitFor();

    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByRole('button', { name: 'Delete the team' }).click();
    await page.getByLabel(/Type Birds/).fill('Birds');
    await page.getByRole('dialog').getByRole('button', { name: 'Delete the team' }).click();
    await page.getByRole('button', { name: "Team: Ada's Team" }).waitFor();
    expect(complaints).toEqual([]);
});

test('the charts of a capsule go as far back as the address says, also while it is paused', async () => {
    const { page, complaints } = await visit();
    await signUp(page);
    const id = await createCapsule(page);
    const points = async (range: string) => {
        const path = `/v1/capsules/${id}/metrics?range=${range}`;
        return (await call<{ points: unknown[] }>(page, 'GET', path)).points.length;
    };
    await expect.poll(() => points('5m'), { timeout: PATIENCE }).toBeGreaterThan(3);
    await page.goto(`/dashboard/capsules/${id}?tab=metrics`);
    const ranges = page.getByRole('navigation', { name: 'How far back' });
    await page.getByRole('region', { name: 'Processors' }).waitFor();
    expect(await ranges.locator('[aria-current]').textContent()).toContain('10 minutes');

    const asked = page.waitForRequest((request) => request.url().includes('/metrics?range=1h'));
    await ranges.getByRole('link', { name: '1 hour' }).click();
    await asked;
    await page.waitForURL(/[?&]range=1h/);
    expect(page.url()).toContain('tab=metrics');
    await page.reload();
    await page.getByRole('region', { name: 'Memory' }).waitFor();
    expect(await ranges.locator('[aria-current]').textContent()).toContain('1 hour');

    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await page.locator('.line').getByText('paused').waitFor();
    await ranges.getByRole('link', { name: '5 minutes' }).click();
    await page.getByText('The last point is from before it was paused.').waitFor();
    await page.getByRole('region', { name: 'Disk' }).waitFor();
    await page.reload();
    await page.getByRole('region', { name: 'Processors' }).waitFor();
    expect(await points('5m')).toBeGreaterThan(3);
    await shot(page, 'metrics-paused');
    expect(complaints).toEqual([]);
});

async function addChannel(page: Page, url: string): Promise<void> {
    await page.getByRole('link', { name: 'Channels' }).click();
    await page.getByRole('button', { name: 'Add a channel' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Address').fill(url);
    await dialog.getByRole('button', { name: 'Send a test' }).click();
    await dialog.getByText('The test message arrived.').waitFor();
    await dialog.getByRole('button', { name: 'Go on' }).click();
    await dialog.getByLabel('Name').fill('ops');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await dialog.getByText('It signs what is sent to you').waitFor();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('link', { name: 'ops', exact: true }).waitFor();
}

test('a build tells what it does while it does it', async () => {
    const { page, complaints } = await visit();
    await signUp(page);
    await page.getByRole('link', { name: 'Templates' }).click();
    await page.getByRole('button', { name: 'Build a template' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('greeter');
    await page
        .getByRole('textbox', { name: /^Recipe/ })
        .fill('RUN echo line-of-the-log; sleep 10\nRUN echo hello > /etc/greeting\n');
    await page.getByLabel('Only the steps of the recipe').check();
    await page.getByRole('button', { name: 'Build', exact: true }).click();
    await page.getByRole('heading', { name: 'Build of greeter' }).waitFor();
    // The step that runs is open by itself, and stays open when it is over.
    const output = page.getByRole('region', { name: 'Output of step 1' });
    await output.getByText('line-of-the-log', { exact: true }).waitFor();
    await page.locator('.facts-line').getByText('success').waitFor();
    expect(await output.isVisible()).toBe(true);
    await page.getByRole('button', { name: 'Create a capsule' }).waitFor();
    await shot(page, 'build');
    expect(complaints).toEqual([]);
});

test('a capsule of the platform becomes a template for every team', async () => {
    const { page, complaints } = await visit();
    await administrator(page);
    await page.getByRole('link', { name: 'Platform capsules' }).click();
    await page
        .getByRole('button', { name: /Create (a capsule|the first one)/ })
        .first()
        .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Create', exact: true }).click();
    await page.waitForURL(/\/admin\/capsules\/cl-[0-9a-z]{25}\?tab=terminal/);
    await terminal(page, 'echo for-all > /root/note; echo $((6*7))', '42');
    await page.getByRole('link', { name: 'Files' }).click();
    await page.getByRole('button', { name: 'note', exact: true }).waitFor();
    const name = `for-all-${Date.now()}`;
    await page.getByRole('button', { name: 'Save as template' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill(name);
    await page.getByRole('dialog').getByRole('button', { name: 'Save', exact: true }).click();
    await page.waitForURL(/\/admin\/templates/);
    await page.getByRole('cell', { name: new RegExp(`^${name}`) }).waitFor();
    expect(await call<unknown[]>(page, 'GET', '/v1/admin/capsules')).toEqual([]);

    const other = await visit();
    await signUp(other.page, 'Bob');
    await createCapsule(other.page, name);
    await terminal(other.page, 'cat /root/note', 'for-all');
    await call(page, 'DELETE', `/v1/admin/templates/${name}`);
    expect(complaints).toEqual([]);
});

/** Goes on by one key until the focus is on the control with this text. */
async function tabTo(page: Page, key: string, text: string): Promise<void> {
    const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
    for (let i = 0; i < 60 && (await focused()) !== text; i++) await page.keyboard.press(key);
    expect(await focused()).toBe(text);
}

test('by keys alone: create, terminal, destroy', async () => {
    const { page } = await visit();
    await signUp(page);
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('A page, a capsule, a team').waitFor();
    await page.keyboard.type('create');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Create a capsule' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.closest('[role=dialog]'));
    await tabTo(page, 'Tab', 'Create');
    await page.keyboard.press('Enter');
    await page.waitForURL(/tab=terminal/);
    await page.getByText('Connecting…').waitFor({ state: 'hidden' });
    await page.waitForFunction(() => document.activeElement?.className.includes('xterm'));
    await page.keyboard.type('echo by-$((40+2))-keys');
    await page.keyboard.press('Enter');
    await page.locator('.xterm').getByText('by-42-keys').first().waitFor();
    await page.keyboard.press('Shift+Escape'); // out of the terminal
    expect(await page.evaluate(() => document.activeElement?.className.includes('xterm'))).toBe(false);
    await tabTo(page, 'Shift+Tab', 'Destroy');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: /^Destroy cl-/ }).waitFor();
    await page.waitForFunction(() => document.activeElement?.closest('[role=dialog]'));
    await tabTo(page, 'Tab', 'Destroy');
    await page.keyboard.press('Enter');
    await page.locator('.line').getByText('stopped').waitFor();
});
