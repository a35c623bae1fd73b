import type { Schemas } from './api';

type Limits = Schemas['TeamLimits'];

/** What a team may have at most, as the platform's administrators set it. */
export const LIMITS = [
    { key: 'capsules', label: 'Capsules' },
    { key: 'vcpus', label: 'vCPU' },
    { key: 'memory_mb', label: 'Memory in MiB' },
    { key: 'disk_mb', label: 'Disk in MiB' },
    { key: 'snapshots', label: 'Snapshots' },
] as const;

/** The limits of a team as texts of a form: empty where it has none of its own. */
export function said(own: Limits): Record<string, string> {
    return Object.fromEntries(LIMITS.map(({ key }) => [key, String(own[key] ?? '')]));
}

/** All limits that the form asks for. They replace what was set, so each that is to stay must be among them. */
export function wanted(texts: Record<string, string>): Limits {
    const limits: Limits = {};
    for (const { key } of LIMITS) {
        const text = (texts[key] ?? '').trim();
        if (text !== '') limits[key] = Number(text);
    }
    return limits;
}
