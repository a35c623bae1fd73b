import type { Schemas } from './api';

export type Entry = Schemas['FileEntry'];

/** The way from the root to a folder, for links. */
export function crumbs(path: string): { name: string; path: string }[] {
    const found = [{ name: '/', path: '/' }];
    let at = '';
    for (const part of path.split('/').filter((p) => p !== '')) {
        at += `/${part}`;
        found.push({ name: part, path: at });
    }
    return found;
}

export function join(folder: string, name: string): string {
    return folder === '/' ? `/${name}` : `${folder}/${name}`;
}

export function parent(path: string): string {
    const cut = path.replace(/\/+$/, '').lastIndexOf('/');
    return cut <= 0 ? '/' : path.slice(0, cut);
}

/** Folders first, then by name. */
export function sorted(entries: readonly Entry[]): Entry[] {
    return [...entries].sort((a, b) => {
        const folders = Number(b.type === 'directory') - Number(a.type === 'directory');
        return folders || a.name.localeCompare(b.name, undefined, { numeric: true });
    });
}

const BINARY =
    /\.(7z|a|avi|bin|bmp|bz2|class|db|deb|dll|dylib|exe|gif|gz|ico|img|iso|jar|jpe?g|mkv|mov|mp[34]|o|ogg|pdf|png|pyc|qcow2|rar|rpm|so|sqlite3?|tar|tgz|ttf|wasm|wav|webm|webp|woff2?|xlsx?|docx?|pptx?|xz|zip|zst)$/i;

export const PREVIEW_BYTES = 10 * 1024 * 1024;
export const PREVIEW_LINES = 5000;
export const EDIT_BYTES = 256 * 1024;

/** Why a file cannot be shown; empty when it can. */
export function notShown(entry: Entry): string {
    if (BINARY.test(entry.name)) return 'This kind of file has no preview.';
    if (entry.size > PREVIEW_BYTES) return 'It is larger than 10 MiB.';
    return '';
}

export interface Preview {
    text: string;
    /** More lines than are shown. */
    cut: boolean;
    /** Small and whole enough to be written back as it is. */
    editable: boolean;
}

/** The text of a file; undefined when it is none. */
export function preview(content: Uint8Array): Preview | undefined {
    if (content.subarray(0, 8192).includes(0)) return undefined;
    let text: string;
    try {
        text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content);
    } catch {
        return undefined; // other encodings would not survive being written back
    }
    let end = -1;
    for (let line = 0; line < PREVIEW_LINES; line++) {
        end = text.indexOf('\n', end + 1);
        if (end < 0) return { text, cut: false, editable: content.length <= EDIT_BYTES };
    }
    const cut = end + 1 < text.length;
    return { text: text.slice(0, end + 1), cut, editable: !cut && content.length <= EDIT_BYTES };
}

/** Why a name cannot be one of a new file or folder; empty when it can. */
export function badName(name: string): string {
    if (name.trim() === '') return 'Give it a name.';
    if (name.includes('/')) return 'A name has no slash.';
    if (name === '.' || name === '..') return 'This name is taken by the folder itself.';
    return new TextEncoder().encode(name).length > 255 ? 'The name is too long.' : '';
}
