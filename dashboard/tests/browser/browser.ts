import axe from 'axe-core';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, onTestFinished, vi } from 'vitest';

export const site = inject('site');
const shots = fileURLToPath(new URL('../../target/screenshots/', import.meta.url));
mkdirSync(shots, { recursive: true });

/** How long one thing may take: VMs are emulated, and the machine may be busy. */
export const PATIENCE = 120_000;

export const HOSTILE = '<img src=x onerror=window.hacked=1>';

let browser: Browser;

/** For a file of tests: one browser. */
export function useBrowser(): void {
    beforeAll(async () => {
        browser = await chromium.launch({
            executablePath: process.env['WRENN_TEST_BROWSER'] ?? '/usr/bin/chromium',
            // Root has no sandbox; what is loaded here is our own.
            args: ['--no-sandbox', '--disable-dev-shm-usage'],
        });
    });
    afterAll(async () => {
        await browser.close();
    });
}

export interface Visit {
    page: Page;
    context: BrowserContext;
    /** What the page complained about: errors of scripts and refusals of its policy. */
    complaints: string[];
}

let visits = 0;

/** Somebody with a browser of their own, until the test ends; what they leave running ends with it. */
export async function visit(options: { dark?: boolean; width?: number } = {}): Promise<Visit> {
    const context = await browser.newContext({
        baseURL: site,
        colorScheme: options.dark ? 'dark' : 'light',
        viewport: { width: options.width ?? 1440, height: 900 },
        permissions: ['clipboard-read', 'clipboard-write'],
        acceptDownloads: true,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE);
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
        if (message.type() === 'error' && /Content Security Policy|Uncaught/.test(message.text()))
            complaints.push(message.text());
    });
    const number = ++visits;
    onTestFinished(async ({ task }) => {
        const name = task.name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 60);
        if (task.result?.state === 'fail') await shot(page, `failed-${name}-${number}`);
        await endCapsules(context);
        await context.close();
    });
    return { page, context, complaints };
}

/** The capsules of whoever is signed in at the end. */
async function endCapsules(context: BrowserContext): Promise<void> {
    await context.setOffline(false);
    const me = await context.request.get('/api/v1/me');
    if (!me.ok()) return; // nobody is
    const { csrf_token } = (await me.json()) as { csrf_token: string };
    const list = await context.request.get('/api/v1/capsules?limit=100');
    for (const { id } of (await list.json()) as { id: string }[])
        await context.request.delete(`/api/v1/capsules/${id}`, { headers: { 'X-CSRF-Token': csrf_token } });
}

/** The token in the newest mail to an address; waits for another one than that. */
export async function mailed(address: string, than = ''): Promise<string> {
    const directory = join(inject('data'), 'mail');
    return vi.waitFor(
        () => {
            const mails = readdirSync(directory)
                .sort()
                .map((name) => readFileSync(join(directory, name), 'utf8'))
                .filter((mail) => mail.includes(`To: ${address}`));
            const text = (mails.at(-1) ?? '').replaceAll(/=\r?\n/g, '').replaceAll('=3D', '=');
            const token = /token=([0-9a-f]{32})/.exec(text)?.[1];
            if (!token || token === than) throw new Error(`no mail with a token to ${address}`);
            return token;
        },
        { timeout: PATIENCE, interval: 50 },
    );
}

let people = 0;
export const PASSWORD = 'battery staple';

/** Signs somebody up, by the pages, up to the list of capsules. */
export async function signUp(page: Page, name = 'Ada'): Promise<string> {
    const address = `person-${process.pid}-${Date.now()}-${++people}@example.org`;
    await page.goto('/signup');
    await page.getByLabel('Name').fill(name);
    await page.getByLabel('E-mail').fill(address);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign up', exact: true }).click();
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
    const token = await mailed(address);
    await page.goto(`/activate?token=${token}`);
    await page.getByRole('heading', { name: 'Capsules', level: 1 }).waitFor();
    return address;
}

export async function signIn(page: Page, address: string, password = PASSWORD): Promise<void> {
    await page.getByLabel('E-mail').fill(address);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs in as the platform's administrator. */
export async function administrator(page: Page): Promise<void> {
    const known = JSON.parse(readFileSync(`${inject('data')}/credentials.json`, 'utf8')) as Record<
        string,
        string
    >;
    await page.goto('/login');
    await signIn(page, known['email'] ?? '', known['password']);
    await page.getByRole('heading', { name: 'Capsules', level: 1 }).waitFor();
}

/** Calls the API as the page does, with its cookie. */
export async function call<T>(page: Page, method: string, path: string, body?: unknown): Promise<T> {
    return page.evaluate(
        async ([verb, to, json]) => {
            const me = (await (await fetch('/api/v1/me')).json()) as { csrf_token: string };
            const answer = await fetch(`/api${to}`, {
                method: verb,
                headers: { 'X-CSRF-Token': me.csrf_token, 'Content-Type': 'application/json' },
                body: json === '' ? undefined : json,
            });
            const text = await answer.text();
            if (!answer.ok) throw new Error(`${verb} ${to}: ${answer.status} ${text}`);
            return text === '' ? null : JSON.parse(text);
        },
        [method, path, body === undefined ? '' : JSON.stringify(body)] as const,
    ) as Promise<T>;
}

/** Creates a capsule by the dialog and waits for its terminal. @returns its id */
export async function createCapsule(page: Page, template?: string): Promise<string> {
    await page.goto('/dashboard/capsules');
    await page
        .getByRole('button', { name: /Create (a capsule|the first one)/ })
        .first()
        .click();
    const dialog = page.getByRole('dialog', { name: 'Create a capsule' });
    if (template) await dialog.getByLabel('Template').selectOption(template);
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await page.waitForURL(/\/dashboard\/capsules\/cl-[0-9a-z]{25}\?tab=terminal/);
    const id = /cl-[0-9a-z]{25}/.exec(page.url())?.[0] ?? '';
    await page.locator('.line').getByText('running', { exact: true }).waitFor();
    return id;
}

/**
 * Types into the terminal and waits for a text on it, which must not be part of what is typed: the shell
 * shows that as well.
 */
export async function terminal(page: Page, keys: string, answer: string | RegExp): Promise<void> {
    const screen = page.locator('.xterm:visible');
    await screen.waitFor();
    await page.locator('.terminal:visible .notice').waitFor({ state: 'hidden' });
    await screen.locator('.xterm-helper-textarea').focus();
    await page.keyboard.type(keys);
    await page.keyboard.press('Enter');
    await screen.locator('.xterm-accessibility').getByText(answer).first().waitFor();
}

/** Fails with what is wrong for people who use other means than eyes and a mouse. */
export async function accessible(page: Page, where: string): Promise<void> {
    // Beside the policy of the page, as an extension of the browser would: not as a script of it.
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
    const found = await page.evaluate(async () => {
        const { axe: tool } = window as unknown as { axe: typeof import('axe-core') };
        const result = await tool.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
        });
        return result.violations.map(
            (v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`,
        );
    });
    expect.soft(found, where).toEqual([]); // the rest of the pages is looked at all the same
}

export async function shot(page: Page, name: string): Promise<void> {
    await page.screenshot({ path: join(shots, `${name}.png`), animations: 'disabled' });
}
