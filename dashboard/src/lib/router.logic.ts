/** Which page an address means. Parameters in braces take one part of the path. */

export interface Place<P> {
    page: P;
    params: Record<string, string>;
}

export type Table<P> = readonly (readonly [pattern: string, page: P])[];

/** The page of a path; undefined when it is none of ours. */
export function match<P>(table: Table<P>, path: string): Place<P> | undefined {
    const parts = split(path);
    for (const [pattern, page] of table) {
        const params = bind(split(pattern), parts);
        if (params) return { page, params };
    }
    return undefined;
}

function split(path: string): string[] {
    return path.split('/').filter((part) => part !== '');
}

function bind(pattern: string[], parts: string[]): Record<string, string> | undefined {
    if (pattern.length !== parts.length) return undefined;
    const params: Record<string, string> = {};
    for (const [i, wanted] of pattern.entries()) {
        const part = parts[i] ?? '';
        if (wanted.startsWith('{')) {
            const value = decode(part);
            if (value === undefined) return undefined;
            params[wanted.slice(1, -1)] = value;
        } else if (wanted !== part) return undefined;
    }
    return params;
}

function decode(part: string): string | undefined {
    try {
        return decodeURIComponent(part);
    } catch {
        return undefined;
    }
}

/** Where to go after signing in: only a place of our own, never another site. */
export function returnTo(next: string | null, otherwise: string): string {
    if (!next || !next.startsWith('/') || next.startsWith('//') || next.includes('\\')) return otherwise;
    return next.startsWith('/login') ? otherwise : next;
}

/** The query with some values changed; an empty one goes away. */
export function withQuery(query: URLSearchParams, changes: Record<string, string>): string {
    const changed = new URLSearchParams(query);
    for (const [name, value] of Object.entries(changes)) {
        if (value === '') changed.delete(name);
        else changed.set(name, value);
    }
    const text = changed.toString();
    return text === '' ? '' : `?${text}`;
}

const ID = /^[a-z]+-[0-9a-z]{25}$/;

/** Whether a text can be an id of this kind at all. */
export function isId(kind: string, text: string): boolean {
    return ID.test(text) && text.startsWith(`${kind}-`);
}
