import type { Schemas } from './api';

type Template = Schemas['Template'];

export interface Origin {
    template: string;
    /** What a snapshot was made of. */
    capsule?: string;
}

const LONGEST = 50; // names can be given anew: a chain must end all the same

/**
 * Where a capsule comes from, the oldest first, and the snapshots made of it. Templates that are gone, or
 * were replaced after the capsule was made, end the chain.
 */
export function lineage(
    capsule: { id: string; template: string; created_at: string },
    all: readonly Template[],
) {
    const before: Origin[] = [];
    let name: string | undefined = capsule.template;
    let until = capsule.created_at;
    while (name !== undefined && before.length < LONGEST) {
        const template = all.find((t) => t.name === name && t.created_at <= until);
        const source = template?.metadata?.['source_capsule'];
        before.unshift(source ? { template: name, capsule: source } : { template: name });
        name = template?.metadata?.['source_template'];
        until = template?.created_at ?? '';
    }
    const after = all.filter((t) => t.metadata?.['source_capsule'] === capsule.id);
    return { before, after };
}
