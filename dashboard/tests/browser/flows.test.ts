import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { administrator, call, mailed, signIn, signUp, site, useBrowser, visit } from './browser';

useBrowser();

/** What people do without a capsule. */

test('a forgotten password is set anew by mail', async () => {
    const { page } = await visit();
    const address = await signUp(page);
    const old = await mailed(address);
    await page.getByRole('button', { name: 'Account of Ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Forgot the password?' }).click();
    await page.getByLabel('E-mail').fill(address);
    await page.getByRole('button', { name: 'Send the link' }).click();
    await page.getByRole('heading', { name: 'Check your mail' }).waitFor();
    await page.goto(`/reset-password?token=${await mailed(address, old)}`);
    await page.getByLabel('New password').fill('correct horse');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.waitForURL(/\/login$/);
    await signIn(page, address, 'battery staple');
    await page.getByRole('alert').waitFor();
    await signIn(page, address, 'correct horse');
    await page.getByRole('heading', { name: 'Capsules', level: 1 }).waitFor();
});

test('a key is shown once, works, and is refused when it is revoked', async () => {
    const { page } = await visit();
    await signUp(page);
    await page.getByRole('link', { name: 'API keys' }).click();
    await page.getByRole('button', { name: 'Create a key' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('ci');
    await dialog.getByLabel('May').selectOption('read-only');
    await dialog.getByRole('button', { name: 'Create', exact: true }).click();
    await dialog.getByText('It is shown only now').waitFor();
    const key = (await dialog.locator('.secret code').textContent()) ?? '';
    await dialog.getByRole('button', { name: 'Done' }).click();
    const status = async () =>
        (await fetch(`${site}/api/v1/capsules`, { headers: { 'X-API-Key': key } })).status;
    expect(await status()).toBe(200);
    await page.getByRole('cell', { name: 'ci', exact: true }).waitFor();
    expect(await page.content()).not.toContain(key);
    await page.getByRole('button', { name: 'Revoke ci' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('No key yet').waitFor();
    expect(await status()).toBe(401);
});

test('somebody comes into a team, gets a role and goes; the audit trail tells it', async () => {
    const bob = await visit();
    const address = await signUp(bob.page, 'Bob');
    const { page } = await visit();
    await signUp(page);
    await page.getByRole('link', { name: 'Members' }).click();
    await page.getByRole('button', { name: 'Add a member' }).click();
    await page.getByRole('dialog').getByLabel('E-mail').fill(address);
    await page.getByRole('dialog').getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('Bob is a member now').waitFor();

    // A member sees what a member may do.
    await bob.page.reload();
    await bob.page.getByRole('button', { name: /^Team:/ }).click();
    await bob.page.getByRole('menuitem', { name: "Ada's Team · member" }).click();
    await bob.page.getByRole('button', { name: "Team: Ada's Team" }).waitFor();
    await bob.page.getByRole('link', { name: 'Members' }).click();
    await bob.page.getByRole('button', { name: 'Leave the team' }).waitFor();
    expect(await bob.page.getByRole('button', { name: 'Add a member' }).count()).toBe(0);

    await page.getByRole('button', { name: 'Actions of Bob' }).click();
    await page.getByRole('menuitem', { name: 'Make admin' }).click();
    await page.getByText('Bob is admin now').waitFor();
    await page.getByRole('button', { name: 'Actions of Bob' }).click();
    await page.getByRole('menuitem', { name: 'Remove…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Bob is removed').waitFor();

    await page.getByRole('link', { name: 'Audit trail' }).click();
    await page.getByText('user login').or(page.getByText('team create')).first().waitFor();
    await page.getByRole('button', { name: 'Resource' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'member', exact: true }).click();
    await page.keyboard.press('Escape');
    await expect
        .poll(() => page.getByRole('row').locator('td:first-child').allTextContents())
        .toEqual(
            ['member remove', 'member role update', 'member add'].map((w) => expect.stringContaining(w)),
        );
    expect(page.url()).toContain('resource=member');
    await page.reload();
    await page.getByText('member role update').waitFor();
    const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name: 'Export' }).click(),
    ]);
    const csv = readFileSync(await download.path(), 'utf8').split('\r\n');
    expect(csv).toHaveLength(4);
    expect(csv[3]).toContain(address);
});

test('a host is set aside, taken back, and another one is announced and deleted', async () => {
    const { page } = await visit();
    await administrator(page);
    await page.getByRole('link', { name: 'All hosts' }).click();
    const row = page.getByRole('row').filter({ hasText: /online|draining/ });
    await row.getByRole('button', { name: /^Actions of/ }).click();
    await page.getByRole('menuitem', { name: 'Set aside' }).click();
    await row.getByText('draining').waitFor();
    await row.getByRole('button', { name: /^Actions of/ }).click();
    await page.getByRole('menuitem', { name: 'Take back' }).click();
    await row.getByText('online').waitFor();

    await page.getByRole('button', { name: 'Add a host' }).click();
    await page.getByLabel('Zone').fill('attic');
    await page.getByRole('button', { name: 'Make the token' }).click();
    await page.getByText('Good for an hour and one registration').waitFor();
    expect(await page.getByRole('dialog').locator('pre').textContent()).toContain('wrenn agent --register');
    await page.getByRole('button', { name: 'Done' }).click();
    const announced = page.getByRole('row').filter({ hasText: 'pending' });
    await announced.getByRole('button', { name: /^Actions of/ }).click();
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    await page.getByText('It has no capsules and no template that is not elsewhere too.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete', exact: true }).click();
    await announced.waitFor({ state: 'detached' });
});

test('one limit of a team is changed and the others stay', async () => {
    const ada = await visit();
    await signUp(ada.page, `Limited ${Date.now()}`);
    const me = await call<{ team_id: string; name: string }>(ada.page, 'GET', '/v1/me');
    const { page } = await visit();
    await administrator(page);
    const limits = `/v1/admin/teams/${me.team_id}/limits`;
    await call(page, 'PUT', limits, { vcpus: 7, snapshots: 0 });
    await page.getByRole('link', { name: 'Teams', exact: true }).click();
    await page.getByRole('button', { name: `Actions of ${me.name}'s Team` }).click();
    await page.getByRole('menuitem', { name: 'Limits…' }).click();
    const dialog = page.getByRole('dialog', { name: /^Limits of/ });
    await expect.poll(() => dialog.getByLabel('vCPU').inputValue()).toBe('7');
    expect(await dialog.getByLabel('Snapshots').inputValue()).toBe('0');
    expect(await dialog.getByLabel('Capsules').inputValue()).toBe('');
    await dialog.getByLabel('Capsules').fill('3');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'hidden' });
    expect(await call(page, 'GET', limits)).toMatchObject({ own: { capsules: 3, vcpus: 7, snapshots: 0 } });
});

test('the theme is kept, and follows the system until one is chosen', async () => {
    const { page } = await visit({ dark: true });
    await signUp(page);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const dark = await ground();
    await page.goto('/dashboard/settings');
    await page.getByLabel('Theme').selectOption('light');
    const light = await ground();
    expect(light).not.toBe(dark);
    await page.reload();
    await page.getByLabel('Theme').waitFor();
    expect(await ground()).toBe(light);
    await page.getByLabel('Theme').selectOption('system');
    expect(await ground()).toBe(dark);
    await page.emulateMedia({ colorScheme: 'light' });
    await expect.poll(ground).toBe(light);
});
