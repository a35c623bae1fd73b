import type { Capsule } from './capsules.logic';
import { navigation, type Who } from './navigation.logic';
import { statusText } from './format.logic';

export interface Command {
    id: string;
    group: string;
    label: string;
    note: string;
    path?: string;
    /** Something else than going somewhere. */
    does?: 'theme' | 'signout' | 'create';
}

/** Everything that can be reached from anywhere. */
export function commands(
    who: Who,
    capsules: readonly Capsule[],
    teams: readonly { id: string; name: string }[],
    page: (id: string) => string = (id) => `/dashboard/capsules/${id}`,
): Command[] {
    const all: Command[] = [
        { id: 'create', group: 'Do', label: 'Create a capsule', note: '', does: 'create' },
        { id: 'theme', group: 'Do', label: 'Change the theme', note: '', does: 'theme' },
        { id: 'signout', group: 'Do', label: 'Sign out', note: '', does: 'signout' },
    ];
    for (const group of navigation(who))
        for (const link of group.links)
            all.push({
                id: link.path,
                group: 'Go to',
                label: link.label,
                note: group.title,
                path: link.path,
            });
    all.push({
        id: 'settings',
        group: 'Go to',
        label: 'Settings',
        note: 'Account',
        path: '/dashboard/settings',
    });
    for (const team of teams)
        all.push({ id: team.id, group: 'Teams', label: team.name, note: 'switch to it' });
    for (const capsule of capsules)
        all.push({
            id: capsule.id,
            group: 'Capsules',
            label: capsule.id,
            note: `${capsule.template} · ${statusText(capsule.status)}`,
            path: page(capsule.id),
        });
    return all;
}

/** The commands that have every word of a text, at most so many: a long list helps nobody. */
export function find(all: readonly Command[], text: string, most = 40): Command[] {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const found: Command[] = [];
    for (const command of all) {
        const where = `${command.label} ${command.note} ${command.group}`.toLowerCase();
        if (words.every((word) => where.includes(word))) found.push(command);
        if (found.length === most) break;
    }
    return found;
}
