import type { Schemas } from './api';

export type Entry = Schemas['AuditEntry'];

/** What can be asked for, and the actions of each. */
export const KINDS: Record<string, string[]> = {
    sandbox: ['create', 'pause', 'resume', 'destroy', 'kill_process', 'network_change', 'network_denied'],
    snapshot: ['create', 'delete'],
    template: ['delete', 'replace'],
    build: ['create', 'cancel'],
    api_key: ['create', 'revoke'],
    member: ['add', 'remove', 'leave', 'role_update'],
    team: ['create', 'rename', 'delete', 'set_byoc', 'set_limits', 'network_change'],
    channel: ['create', 'update', 'rotate_config', 'delete'],
    host: ['create', 'delete', 'marked_down', 'marked_up', 'drain', 'undrain', 'tag_add', 'tag_remove'],
    user: [
        'login',
        'login_failed',
        'activate',
        'deactivate',
        'delete',
        'disconnect',
        'password_change',
        'password_reset',
    ],
};

/** The actions of the chosen resources; all when none is chosen. */
export function actionsOf(resources: readonly string[]): string[] {
    const kinds = resources.length === 0 ? Object.keys(KINDS) : resources;
    return [...new Set(kinds.flatMap((kind) => KINDS[kind] ?? []))].sort();
}

/** Several values in one part of an address. */
export function split(text: string | null): string[] {
    return (text ?? '').split(',').filter((part) => part !== '');
}

export function toggled(all: readonly string[], value: string): string {
    return (all.includes(value) ? all.filter((v) => v !== value) : [...all, value]).join(',');
}

export function words(name: string): string {
    const text = name.replaceAll('_', ' ');
    return text === 'sandbox' ? 'capsule' : text;
}

export interface Filter {
    actor: string;
    from: string;
    to: string;
}

/** What the server does not filter by: the actor and the days. */
export function lets(entry: Entry, filter: Filter): boolean {
    const actor = `${entry.actor_name ?? ''} ${entry.actor_id ?? ''} ${entry.actor_type}`.toLowerCase();
    if (!actor.includes(filter.actor.trim().toLowerCase())) return false;
    const day = entry.created_at.slice(0, 10);
    return (filter.from === '' || day >= filter.from) && (filter.to === '' || day <= filter.to);
}

/** A table for other programs. Cells that a spreadsheet would take for a formula are kept from being one. */
export function csv(entries: readonly Entry[]): string {
    const head = [
        'created_at',
        'actor_type',
        'actor_id',
        'actor_name',
        'resource_type',
        'resource_id',
        'action',
    ];
    const rows = entries.map((e) => [
        e.created_at,
        e.actor_type,
        e.actor_id ?? '',
        e.actor_name ?? '',
        e.resource_type,
        e.resource_id ?? '',
        e.action,
        e.status,
        e.metadata ? JSON.stringify(e.metadata) : '',
    ]);
    return [[...head, 'status', 'metadata'], ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

function cell(text: string): string {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
