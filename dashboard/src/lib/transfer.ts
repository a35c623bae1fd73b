import { BASE, csrfHeader, raw, refused, unreachable } from './api';
import { failure } from './errors.logic';
import { scope } from './scope.svelte';

/** Contents of files: large, with progress, and not JSON. */

function address(capsule: string, what: string): string {
    return scope.api(`/v1/capsules/${encodeURIComponent(capsule)}/files/${what}`);
}

/** Sends one file; `fetch` cannot tell how far it is. */
export function upload(
    capsule: string,
    path: string,
    content: Blob,
    progress: (part: number) => void,
): Promise<void> {
    return new Promise((done, failed) => {
        const form = new FormData();
        form.append('path', path); // first: then nothing has to be kept until the path is known
        form.append('file', content);
        const request = new XMLHttpRequest();
        const to = BASE + address(capsule, 'stream/write');
        request.open('POST', to);
        for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value);
        request.upload.onprogress = (event) =>
            progress(event.lengthComputable ? event.loaded / event.total : 0);
        request.onerror = () => failed(unreachable());
        request.onload = () => {
            if (request.status < 300) done();
            else {
                const said = failure(request.status, parsed(request.responseText), headers(request));
                failed(refused(to, said));
            }
        };
        request.send(form);
    });
}

function parsed(text: string): unknown {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

function headers(request: XMLHttpRequest): Headers {
    const found = new Headers();
    const id = request.getResponseHeader('X-Request-Id');
    if (id) found.set('X-Request-Id', id);
    return found;
}

/** The content of a file, or of a folder as a tar archive. */
export async function read(capsule: string, path: string, folder = false): Promise<Blob> {
    const response = await raw(address(capsule, folder ? 'archive/read' : 'stream/read'), {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ path }),
    });
    return response.blob();
}

/** Lets the browser keep something under a name. */
export function save(content: Blob, name: string): void {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(content);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
