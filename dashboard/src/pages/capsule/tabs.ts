import type { Component } from 'svelte';
import type { Capsule } from '$lib/capsules.logic';

type Part = () => Promise<{ default: Component<{ capsule: Capsule }> }>;

/** The parts of a capsule's page; each is loaded when it is looked at first. Some only capsules of teams have. */
export const TABS: { id: string; label: string; load: Part; teams?: boolean }[] = [
    { id: 'overview', label: 'Overview', load: () => import('./Overview.svelte') },
    { id: 'terminal', label: 'Terminal', load: () => import('./Terminals.svelte') },
    { id: 'files', label: 'Files', load: () => import('./Files.svelte') },
    { id: 'processes', label: 'Processes', load: () => import('./Processes.svelte') },
    { id: 'ports', label: 'Ports', load: () => import('./Ports.svelte'), teams: true },
    { id: 'network', label: 'Network', load: () => import('./Network.svelte'), teams: true },
    { id: 'metrics', label: 'Metrics', load: () => import('./Metrics.svelte') },
];
