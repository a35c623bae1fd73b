import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { call, createCapsule, shot, signIn, signUp, terminal, useBrowser, visit } from './browser';

useBrowser();

test('a session that is over leads to the login page and back', async () => {
    const { page, context } = await visit();
    const address = await signUp(page);
    await page.goto('/dashboard/keys');
    await page.getByText('No key yet').waitFor();
    await context.clearCookies();
    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.waitForURL(/\/login\?next=/);
    await signIn(page, address);
    await page.waitForURL(/\/dashboard\/audit/);
    await page.getByText('user login').first().waitFor();
});

test('a page that is not for one says so', async () => {
    const { page } = await visit();
    await signUp(page);
    await page.goto('/admin/users');
    await page.getByText('This page is for administrators of the platform.').waitFor();
    await page.goto('/dashboard/capsules/cl-0000000000000000000000000');
    await page.getByText('There is no such capsule in this team.').waitFor();
});

test('without a network there is a banner, and then it goes on by itself', async () => {
    const { page, context } = await visit();
    await signUp(page);
    await context.setOffline(true);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByText('The server cannot be reached. This page goes on').waitFor();
    await shot(page, 'offline');
    await context.setOffline(false);
    await page.getByText('No key yet').waitFor();
    await page.getByText('The server cannot be reached. This page goes on').waitFor({ state: 'hidden' });
});

test('what somebody else does to a capsule shows on the open page, and its terminal comes back', async () => {
    const { page, context } = await visit();
    await signUp(page);
    const id = await createCapsule(page);
    await terminal(page, 'WORD=kept; echo rea""dy', 'ready');
    const other = await context.newPage();
    await other.goto('/dashboard/capsules');
    await call(other, 'POST', `/v1/capsules/${id}/pause`);
    const line = page.locator('.line');
    await line.getByText('paused').waitFor();
    await page.locator('.notice').getByText('The capsule is paused.').waitFor();
    await shot(page, 'terminal-paused');
    await call(other, 'POST', `/v1/capsules/${id}/resume`);
    await line.getByText('running').waitFor();
    await terminal(page, 'echo still-$WORD', 'still-kept');
    await call(other, 'DELETE', `/v1/capsules/${id}`);
    await line.getByText('stopped').waitFor();
    await page
        .locator('.notice')
        .getByText(/^The (capsule is (stopped|gone)|shell)/)
        .waitFor();
});

test('a terminal takes a paste of a MiB, follows the size of the window and survives loading the page anew', async () => {
    const { page } = await visit();
    await signUp(page);
    await createCapsule(page);
    await terminal(page, 'echo "wide $(stty size)"', /^wide \d+ 1\d\d$/);
    await page.setViewportSize({ width: 900, height: 700 });
    await terminal(page, 'echo "narrow $(stty size)"', /^narrow \d+ \d\d$/);

    // Raw, so that no line is too long; the word says when the terminal is.
    await terminal(
        page,
        'stty -echo raw; echo "re"ceiving; head -c 1048576 | sha256sum; stty sane',
        'receiving',
    );
    const text = 'abcdefghijklmnop'.repeat(65_536);
    await page.evaluate((words) => navigator.clipboard.writeText(words), text);
    await page.locator('.xterm-helper-textarea').focus();
    await page.keyboard.press('Control+Shift+V');
    const sum = createHash('sha256').update(text).digest('hex');
    await page.locator('.xterm-accessibility').getByText(sum.slice(0, 40)).first().waitFor();

    await terminal(page, 'KEEP=me; echo s"et"', 'set');
    await page.reload();
    await terminal(page, 'echo again-$KEEP', 'again-me');

    // The last shell that is ended makes room for a new one.
    await page.getByRole('button', { name: 'End shell 1' }).click();
    await page.getByRole('button', { name: 'Shell 2', exact: true }).waitFor();
    await terminal(page, 'echo new-${KEEP:-one}', 'new-one');
});

test('where a capsule may connect to is written as lines and holds at once', async () => {
    const { page } = await visit();
    await signUp(page);
    const id = await createCapsule(page);
    await page.goto(`/dashboard/capsules/${id}?tab=network`);
    const rules = page.getByRole('textbox', { name: /^Rules/ });
    await rules.fill('permit example.org');
    await page.getByText(/^Line 1: expected allow or deny/).waitFor();
    expect(await page.getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await rules.fill('allow 203.0.113.300/24');
    await page.getByRole('button', { name: 'Save' }).click();
    await page
        .getByRole('alert')
        .getByText(/203\.0\.113\.300/)
        .waitFor();
    await rules.fill('allow *.example.org tcp 443');
    await page.getByLabel('Everything else').selectOption('deny');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('The policy holds').waitFor();
    expect(await call(page, 'GET', `/v1/capsules/${id}/network`)).toMatchObject({
        policy: { default: 'deny', rules: [{ action: 'allow', to: '*.example.org', ports: '443' }] },
        in_force: true,
    });
    await page.reload();
    await expect.poll(() => rules.inputValue()).toBe('allow *.example.org tcp 443');

    await page.getByRole('link', { name: 'Network' }).first().click();
    await page.getByText('Everything is let through.').waitFor();
    await page.getByLabel('Mbit/s each way').fill('50');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Everything is let through; at most 50 Mbit/s each way.').waitFor();
});

test('lists say what failed and try again', async () => {
    const { page } = await visit();
    await signUp(page);
    let broken = true;
    await page.route('**/api/v1/api-keys', (route) =>
        broken
            ? route.fulfill({
                  status: 503,
                  json: { error: { code: 'unavailable', message: 'the database is away' } },
              })
            : route.continue(),
    );
    await page.goto('/dashboard/keys');
    await page.getByText('The database is away.').waitFor();
    broken = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No key yet').waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
});
