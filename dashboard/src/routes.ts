import type { Load } from '$lib/part.svelte';
import type { Table } from '$lib/router.logic';

/** Every page: whether it needs a session, and its code, which is loaded when somebody goes there. */
export interface PageEntry {
    open?: boolean;
    admin?: boolean;
    load: Load;
}

export const routes: Table<PageEntry> = [
    ['/login', { open: true, load: () => import('./pages/Login.svelte') }],
    ['/signup', { open: true, load: () => import('./pages/Login.svelte') }],
    ['/welcome', { open: true, load: () => import('./pages/Welcome.svelte') }],
    ['/activate', { open: true, load: () => import('./pages/Activate.svelte') }],
    ['/forgot-password', { open: true, load: () => import('./pages/ForgotPassword.svelte') }],
    ['/reset-password', { open: true, load: () => import('./pages/ResetPassword.svelte') }],
    ['/auth/{provider}/callback', { open: true, load: () => import('./pages/OAuthCallback.svelte') }],
    ['/dashboard/capsules', { load: () => import('./pages/Capsules.svelte') }],
    ['/dashboard/capsules/{id}', { load: () => import('./pages/Capsule.svelte') }],
    ['/dashboard/templates', { load: () => import('./pages/Templates.svelte') }],
    ['/dashboard/templates/builds/{id}', { load: () => import('./pages/Build.svelte') }],
    ['/dashboard/metrics', { load: () => import('./pages/Statistics.svelte') }],
    ['/dashboard/usage', { load: () => import('./pages/Usage.svelte') }],
    ['/dashboard/keys', { load: () => import('./pages/Keys.svelte') }],
    ['/dashboard/channels', { load: () => import('./pages/Channels.svelte') }],
    ['/dashboard/channels/{id}', { load: () => import('./pages/Channel.svelte') }],
    ['/dashboard/team', { load: () => import('./pages/Team.svelte') }],
    ['/dashboard/network', { load: () => import('./pages/Network.svelte') }],
    ['/dashboard/audit', { load: () => import('./pages/Audit.svelte') }],
    ['/dashboard/hosts', { load: () => import('./pages/Hosts.svelte') }],
    ['/dashboard/settings', { load: () => import('./pages/Settings.svelte') }],
    ['/admin/users', { admin: true, load: () => import('./pages/admin/Users.svelte') }],
    ['/admin/teams', { admin: true, load: () => import('./pages/admin/Teams.svelte') }],
    ['/admin/hosts', { admin: true, load: () => import('./pages/admin/Hosts.svelte') }],
    ['/admin/capsules', { admin: true, load: () => import('./pages/Capsules.svelte') }],
    ['/admin/capsules/{id}', { admin: true, load: () => import('./pages/Capsule.svelte') }],
    ['/admin/templates', { admin: true, load: () => import('./pages/admin/Templates.svelte') }],
    ['/admin/builds/{id}', { admin: true, load: () => import('./pages/admin/Build.svelte') }],
    ['/admin/audit', { admin: true, load: () => import('./pages/admin/Audit.svelte') }],
];

export const HOME = '/dashboard/capsules';
