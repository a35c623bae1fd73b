import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { call, createCapsule, HOSTILE, signUp, site, useBrowser, visit } from './browser';

useBrowser();

test('no script can read what proves who one is', async () => {
    const { page, context } = await visit();
    await signUp(page);
    const cookies = await context.cookies();
    const session = cookies.find((cookie) => cookie.name === 'wrenn_session');
    expect(session).toMatchObject({ httpOnly: true, sameSite: 'Strict' });
    const readable = await page.evaluate(() =>
        [document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)].join(' '),
    );
    expect(readable).not.toContain(session?.value);
    expect(readable).not.toMatch(/eyJ[\w-]+\./); // any JSON Web Token
});

test('scripts that stand in the page do not run', async () => {
    const { page, complaints } = await visit();
    await page.goto('/login');
    await page.getByText('Create an account').waitFor();
    await page.evaluate(() => {
        const script = document.createElement('script');
        script.textContent = 'window.hacked = 1';
        document.body.append(script);
        const image = document.createElement('img');
        image.setAttribute('onerror', 'window.hacked = 2');
        image.src = 'x:';
        document.body.append(image);
    });
    await expect.poll(() => complaints.length).toBeGreaterThan(0);
    expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
});

test('a page of another site can change nothing', async () => {
    const { page } = await visit();
    await signUp(page);
    const before = await call<unknown[]>(page, 'GET', '/v1/api-keys');
    const foreign = createServer((_, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end('<form method="post"><button>x</button></form>');
    });
    await new Promise<void>((done) => foreign.listen(0, '127.0.0.1', done));
    const address = foreign.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    // Another port of the same name is the same site: the browser sends the cookie, whatever its SameSite.
    await page.goto(`http://localhost:${port}/`);
    const answers: number[] = [];
    page.on('response', (response) => {
        if (response.url().includes('/v1/api-keys')) answers.push(response.status());
    });
    await page.evaluate(
        (target) =>
            fetch(`${target}/api/v1/api-keys`, {
                method: 'POST',
                mode: 'no-cors',
                credentials: 'include',
                body: '{}',
            }),
        site,
    );
    await page.evaluate((target) => {
        const form = document.querySelector('form');
        if (!form) return;
        form.action = `${target}/api/v1/api-keys`;
        form.submit();
    }, site);
    await expect.poll(() => answers).toEqual([403, 403]);
    // It cannot put the pages into a frame either.
    await page.goto(`http://localhost:${port}/`);
    const framed = await page.evaluate(async (target) => {
        const frame = document.createElement('iframe');
        frame.src = `${target}/login`;
        const loaded = new Promise((done) => frame.addEventListener('load', done));
        document.body.append(frame);
        await loaded;
        return frame.contentDocument === null;
    }, site);
    expect(framed).toBe(true);
    expect(page.frames().map((frame) => frame.url())).not.toContain(`${site}/login`);
    await page.goto('/dashboard/keys');
    expect(await call<unknown[]>(page, 'GET', '/v1/api-keys')).toEqual(before);
    foreign.close();
});

test('what people and guests name is text and nothing else', async () => {
    const { page, complaints } = await visit();
    await signUp(page, HOSTILE);
    await page.getByRole('button', { name: `Account of ${HOSTILE}` }).waitFor();
    await call(page, 'POST', '/v1/api-keys', { name: HOSTILE });
    const id = await createCapsule(page);
    await call(page, 'POST', `/v1/capsules/${id}/files/mkdir`, {
        path: `/root/${HOSTILE.replaceAll('/', '')}`,
    });
    await call(page, 'POST', `/v1/capsules/${id}/exec`, {
        cmd: 'sh',
        args: ['-c', 'sleep 300', HOSTILE],
        background: true,
    });
    for (const [path, seen] of [
        ['/dashboard/keys', HOSTILE],
        ['/dashboard/team', HOSTILE],
        ['/dashboard/audit', HOSTILE],
        ['/dashboard/settings', ''],
        [`/dashboard/capsules/${id}?tab=files&path=/root`, HOSTILE],
        [`/dashboard/capsules/${id}?tab=processes`, HOSTILE],
        [`/dashboard/capsules/${encodeURIComponent('<img src=x>')}`, 'There is no such capsule'],
        [`/auth/github/callback?error=${encodeURIComponent(HOSTILE)}`, 'Not signed in'],
    ] as const) {
        await page.goto(path);
        if (seen !== '') await page.getByText(seen).first().waitFor();
        expect(await page.locator('img[onerror], img[src="x"]').count(), path).toBe(0);
        expect(await page.evaluate(() => 'hacked' in window), path).toBe(false);
    }
    expect(complaints).toEqual([]);
});
