import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import {
    accessible,
    administrator,
    call,
    createCapsule,
    HOSTILE,
    PATIENCE,
    shot,
    signUp,
    terminal,
    useBrowser,
    visit,
} from './browser';

useBrowser();

interface Stop {
    name: string;
    path: string;
    /** What says that the page is there. */
    seen: string | RegExp;
    then?: (page: Page) => Promise<void>;
}

const OPEN: Stop[] = [
    { name: 'login', path: '/login', seen: 'Create an account' },
    { name: 'signup', path: '/signup', seen: 'I have an account' },
    { name: 'forgot-password', path: '/forgot-password', seen: 'Send the link' },
    { name: 'reset-password', path: '/reset-password?token=x', seen: 'Set the password' },
    { name: 'activate', path: '/activate?token=x', seen: 'Not activated' },
    { name: 'welcome', path: '/welcome#x', seen: 'This link does not sign in' },
    { name: 'oauth-refused', path: '/auth/github/callback?error=no_account', seen: 'Nobody here signs in' },
];

interface Known {
    capsule: string;
    channel: string;
    build: string;
    platformBuild: string;
}

function inside(known: Known): Stop[] {
    const capsule = `/dashboard/capsules/${known.capsule}`;
    return [
        { name: 'capsules', path: '/dashboard/capsules', seen: 'running' },
        { name: 'create-capsule', path: '/dashboard/capsules?create=minimal', seen: 'Pause when idle for' },
        { name: 'capsule', path: capsule, seen: 'No snapshot of it yet' },
        {
            name: 'terminal',
            path: `${capsule}?tab=terminal`,
            seen: 'Shell 1',
            then: (page) => terminal(page, 'echo $((6*7))', '42'),
        },
        { name: 'files', path: `${capsule}?tab=files&path=/etc`, seen: 'hostname' },
        { name: 'processes', path: `${capsule}?tab=processes`, seen: 'Command' },
        { name: 'ports', path: `${capsule}?tab=ports`, seen: 'A request lets the paused capsule go on' },
        { name: 'capsule-network', path: `${capsule}?tab=network`, seen: 'Everything else' },
        { name: 'metrics', path: `${capsule}?tab=metrics&range=5m`, seen: /^of \d+.* MiB|^of .*GiB/ },
        { name: 'templates', path: '/dashboard/templates', seen: 'minimal' },
        { name: 'builds', path: '/dashboard/templates?tab=builds', seen: 'success' },
        { name: 'build', path: `/dashboard/templates/builds/${known.build}`, seen: 'success' },
        { name: 'statistics', path: '/dashboard/metrics?range=5m', seen: 'Running capsules' },
        { name: 'usage', path: '/dashboard/usage', seen: 'vCPU time' },
        { name: 'keys', path: '/dashboard/keys', seen: 'Revoke' },
        { name: 'channels', path: '/dashboard/channels', seen: 'no trouble' },
        { name: 'channel', path: `/dashboard/channels/${known.channel}`, seen: 'Tell about' },
        { name: 'team', path: '/dashboard/team', seen: 'Short name' },
        { name: 'network', path: '/dashboard/network', seen: 'Everything else' },
        { name: 'audit', path: '/dashboard/audit', seen: 'api key create' },
        { name: 'settings', path: '/dashboard/settings', seen: 'Delete the account' },
        { name: 'not-found', path: '/dashboard/nothing', seen: 'There is nothing at this address.' },
        { name: 'admin-users', path: '/admin/users', seen: 'administrator' },
        { name: 'admin-teams', path: '/admin/teams', seen: 'in all' },
        { name: 'admin-hosts', path: '/admin/hosts', seen: 'online' },
        { name: 'admin-capsules', path: '/admin/capsules', seen: 'No capsule yet' },
        { name: 'admin-templates', path: '/admin/templates', seen: 'minimal' },
        { name: 'admin-builds', path: '/admin/templates?tab=builds', seen: 'success' },
        { name: 'admin-build', path: `/admin/builds/${known.platformBuild}`, seen: 'success' },
        { name: 'admin-audit', path: '/admin/audit', seen: /Nothing of this kind|When/ },
    ];
}

/** Something on every page. */
async function furnish(page: Page): Promise<Known> {
    await call(page, 'POST', '/v1/api-keys', { name: HOSTILE });
    const channel = await call<{ id: string }>(page, 'POST', '/v1/channels', {
        name: `shown-${Date.now()}`,
        provider: 'webhook',
        config: { url: 'https://hooks.example.org/wrenn' },
        events: ['template.snapshot.deleted'],
    });
    const built = async (list: string) => {
        const recipe = ['RUN echo line-of-the-log', 'ENV COLOUR=green'];
        const body = { name: `shown-${Date.now()}`, recipe, skip_pre_post: true };
        const { id } = await call<{ id: string }>(page, 'POST', list, body);
        await expect
            .poll(() => call<{ status: string }>(page, 'GET', `${list}/${id}`), {
                timeout: PATIENCE,
                interval: 500,
            })
            .toMatchObject({ status: 'success' });
        return id;
    };
    const build = await built('/v1/templates/builds');
    const platformBuild = await built('/v1/admin/builds');
    return { capsule: await createCapsule(page), channel: channel.id, build, platformBuild };
}

/** In both themes and both widths: nothing that axe finds, nothing wider than the screen. */
async function look(page: Page, stop: Stop): Promise<void> {
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(stop.path);
    await page.getByText(stop.seen).first().waitFor();
    await stop.then?.(page);
    await page.evaluate(() => document.fonts.ready);
    for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: width === 390 ? 844 : 900 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect.soft(wide, `${stop.name} is wider than ${width} pixels`).toBeLessThanOrEqual(0);
        for (const theme of ['light', 'dark'] as const) {
            await page.emulateMedia({ colorScheme: theme });
            await accessible(page, `${stop.name}, ${theme}, ${width}`);
            await shot(page, `${stop.name}-${theme}-${width}`);
        }
    }
}

test('every page can be used by everybody and fits on every screen', { timeout: 1_200_000 }, async () => {
    const { page, complaints } = await visit();
    for (const stop of OPEN) await look(page, stop);
    await administrator(page);
    for (const stop of inside(await furnish(page))) await look(page, stop);

    // A team that brings its own hosts has a page for them.
    const team = await call<{ id: string }>(page, 'POST', '/v1/teams', { name: 'Own hosts' });
    await call(page, 'PUT', `/v1/admin/teams/${team.id}/byoc`, { enabled: true });
    const home = (await call<{ team_id: string }>(page, 'GET', '/v1/me')).team_id;
    await call(page, 'POST', '/v1/auth/switch-team', { team_id: team.id });
    await look(page, { name: 'hosts', path: '/dashboard/hosts', seen: 'No host' });
    await call(page, 'POST', '/v1/auth/switch-team', { team_id: home });
    expect(complaints).toEqual([]);
});

test('a dialog, a menu, the palette and the navigation of a phone can be used by everybody', async () => {
    const { page } = await visit();
    await signUp(page);
    for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await page.keyboard.press('Control+k');
        await page.getByPlaceholder('A page, a capsule, a team').waitFor();
        await accessible(page, `palette, ${theme}`);
        await shot(page, `palette-${theme}`);
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: /^Team:/ }).click();
        await page.getByRole('menuitem', { name: 'Create a team' }).waitFor();
        await accessible(page, `menu, ${theme}`);
        await shot(page, `menu-${theme}`);
        await page.keyboard.press('Escape');
        await page.setViewportSize({ width: 390, height: 844 });
        await page.getByRole('button', { name: 'Navigation' }).click();
        await page.getByRole('dialog', { name: 'Navigation' }).waitFor();
        await accessible(page, `navigation of a phone, ${theme}`);
        await shot(page, `navigation-${theme}-390`);
        await page.keyboard.press('Escape');
        await page.setViewportSize({ width: 1440, height: 900 });
    }
});
