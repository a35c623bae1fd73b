import type { Role } from './roles.logic';

export interface Link {
    label: string;
    path: string;
}

export interface Who {
    admin: boolean;
    byoc: boolean;
    role: Role;
}

/** Where somebody can go: what the role or the team does not have is not there. */
export function navigation(who: Who): { title: string; links: Link[] }[] {
    const team: Link[] = [
        { label: 'Capsules', path: '/dashboard/capsules' },
        { label: 'Templates', path: '/dashboard/templates' },
        { label: 'Statistics', path: '/dashboard/metrics' },
        { label: 'Usage', path: '/dashboard/usage' },
    ];
    const manage: Link[] = [
        { label: 'API keys', path: '/dashboard/keys' },
        { label: 'Channels', path: '/dashboard/channels' },
        { label: 'Members', path: '/dashboard/team' },
        { label: 'Network', path: '/dashboard/network' },
        { label: 'Audit trail', path: '/dashboard/audit' },
    ];
    if (who.byoc) manage.push({ label: 'Hosts', path: '/dashboard/hosts' });
    const groups = [
        { title: 'Work', links: team },
        { title: 'Team', links: manage },
    ];
    if (who.admin)
        groups.push({
            title: 'Platform',
            links: [
                { label: 'Users', path: '/admin/users' },
                { label: 'Teams', path: '/admin/teams' },
                { label: 'All hosts', path: '/admin/hosts' },
                { label: 'Platform capsules', path: '/admin/capsules' },
                { label: 'All templates', path: '/admin/templates' },
                { label: 'Platform audit', path: '/admin/audit' },
            ],
        });
    return groups;
}

/** Whether a link leads to where somebody is, or to something above it. */
export function isHere(link: string, path: string): boolean {
    if (link === '/admin/templates' && path.startsWith('/admin/builds/')) return true;
    return path === link || path.startsWith(`${link}/`);
}
