import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from '$contract';
import { ApiFailure, failure } from './errors.logic';
import { network } from './network.svelte';

export type Schemas = components['schemas'];

/** The API lives beside the pages, under this prefix, on whatever host they were loaded from. */
export const BASE = '/api';

/** What has to stand beside the cookie; from the answer that began or renewed the session. */
let csrf = '';
export function setCsrf(token: string): void {
    csrf = token;
}
export function csrfHeader(): Record<string, string> {
    return csrf === '' ? {} : { 'X-CSRF-Token': csrf };
}

let signedOut: () => void = () => undefined;
/** Called when an answer says that the session is over. */
export function onSignedOut(listener: () => void): void {
    signedOut = listener;
}

const guard: Middleware = {
    onRequest({ request }) {
        if (request.method !== 'GET' && csrf !== '') request.headers.set('X-CSRF-Token', csrf);
    },
    async onResponse({ response, request }) {
        network.answered();
        if (response.ok) return;
        const body: unknown = await response.json().catch(() => undefined);
        throw refused(new URL(request.url).pathname, failure(response.status, body, response.headers));
    },
    onError({ error }) {
        if (error instanceof DOMException && error.name === 'AbortError') return error;
        return unreachable();
    },
};

/** A refusal, once what it means for the session is done. */
export function refused(path: string, error: ApiFailure): ApiFailure {
    const over = error.status === 401 && error.code === 'unauthorized';
    if (over && !path.startsWith(`${BASE}/v1/auth/`)) signedOut();
    return error;
}

/** No answer: the banner says so until there is one. */
export function unreachable(): ApiFailure {
    network.failed();
    return new ApiFailure(0, 'network', 'the server cannot be reached');
}

/** A call whose body or answer is not JSON, under the same rules as all others. */
export async function raw(path: string, init: RequestInit): Promise<Response> {
    const headers = { ...(init.headers as Record<string, string> | undefined), ...csrfHeader() };
    const response = await fetch(BASE + path, { ...init, headers }).catch(() => {
        throw unreachable();
    });
    network.answered();
    if (response.ok) return response;
    const said: unknown = await response.json().catch(() => undefined);
    throw refused(BASE + path, failure(response.status, said, response.headers));
}

export const api = createClient<paths>({ baseUrl: BASE, credentials: 'same-origin' });
api.use(guard);

/** The body of an answer that has one; failures were thrown on the way. */
export async function body<T>(call: Promise<{ data?: T }>): Promise<NonNullable<T>> {
    const { data } = await call;
    if (data === undefined || data === null) throw new ApiFailure(0, 'empty', 'the answer was empty');
    return data as NonNullable<T>;
}

/** The address of a WebSocket of the API. */
export function socketUrl(path: string): string {
    const url = new URL(BASE + path, location.href);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    return url.href;
}
