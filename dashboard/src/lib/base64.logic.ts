/** Bytes as terminals send them. */

const CHUNK = 0x8000; // arguments of one call

export function toBase64(bytes: Uint8Array): string {
    let text = '';
    for (let i = 0; i < bytes.length; i += CHUNK)
        text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
    return btoa(text);
}

export function fromBase64(text: string): Uint8Array {
    const raw = atob(text);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
    return bytes;
}
