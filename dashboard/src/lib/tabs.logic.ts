/** The shells of a capsule that a browser tab has open, so that loading the page anew comes back to them. */

export interface Tab {
    id: number;
    /** Of the session on the server; empty until it is known. */
    tag: string;
}

export const MOST = 8;

const TAG = /^[a-z0-9-]{1,64}$/;

/** What was kept; one new shell when there is nothing, or nothing that can be used. */
export function kept(text: string | null): Tab[] {
    const fresh = [{ id: 1, tag: '' }];
    if (text === null) return fresh;
    try {
        const parsed: unknown = JSON.parse(text);
        if (!Array.isArray(parsed)) return fresh;
        const tags = parsed
            .filter((tag): tag is string => typeof tag === 'string' && TAG.test(tag))
            .slice(0, MOST);
        return tags.length === 0 ? fresh : tags.map((tag, i) => ({ id: i + 1, tag }));
    } catch {
        return fresh;
    }
}

/** With one more shell, unless there are as many as there may be. */
export function added(tabs: readonly Tab[]): Tab[] {
    return tabs.length < MOST ? [...tabs, { id: next(tabs), tag: '' }] : [...tabs];
}

/** Without one; in place of the last one there is a new one, with a number of its own. */
export function without(tabs: readonly Tab[], id: number): Tab[] {
    const left = tabs.filter((tab) => tab.id !== id);
    return left.length > 0 ? left : [{ id: next(tabs), tag: '' }];
}

function next(tabs: readonly Tab[]): number {
    return Math.max(0, ...tabs.map((tab) => tab.id)) + 1;
}

export function keep(tabs: readonly Tab[]): string {
    return JSON.stringify(tabs.map((tab) => tab.tag).filter((tag) => tag !== ''));
}
