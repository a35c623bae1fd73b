import { fromBase64, toBase64 } from './base64.logic';

/**
 * One terminal over its connections: starts a shell, comes back to it by its tag when the connection is
 * lost, and says why it ended. Knows nothing of the screen.
 */

export type State =
    | { kind: 'connecting' }
    | { kind: 'open' }
    | { kind: 'waiting'; why: string }
    | { kind: 'ended'; why: string };

export interface Socket {
    readonly bufferedAmount: number;
    send(text: string): void;
    close(): void;
    onopen: (() => void) | null;
    onmessage: ((event: { data: unknown }) => void) | null;
    onclose: ((event: { code: number; reason: string }) => void) | null;
}

export interface Surroundings {
    connect(): Socket;
    after(ms: number, work: () => void): () => void;
    output(bytes: Uint8Array): void;
    state(state: State): void;
    /** The tag to come back with, as soon as it is known. */
    tag(tag: string): void;
}

const JOIN_MS = 50; // keystrokes in quick succession go together
const RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;
const PIECE = 64 * 1024; // a message holds a MiB at most, as base64
const WINDOW = 256 * 1024; // what may wait in the browser before a paste waits itself

export class TerminalLink {
    #socket: Socket | undefined;
    #tag: string;
    #state: State = { kind: 'connecting' };
    #size = { cols: 80, rows: 24 };
    #queue: Uint8Array[] = [];
    #joining = false;
    #tries = 0;
    #cancel: () => void = () => undefined;
    #closed = false;
    #fatal = '';
    #started = false;

    constructor(
        private readonly around: Surroundings,
        tag = '',
    ) {
        this.#tag = tag;
    }

    get state(): State {
        return this.#state;
    }

    open(cols: number, rows: number): void {
        this.#size = { cols, rows };
        this.#connect();
    }

    /** What was typed or pasted. */
    input(bytes: Uint8Array): void {
        if (bytes.length === 0) return;
        this.#queue.push(bytes);
        if (this.#joining) return;
        this.#flush(); // the first one at once: echo is what people feel
        this.#joining = true;
        this.around.after(JOIN_MS, () => {
            this.#joining = false;
            this.#flush();
        });
    }

    resize(cols: number, rows: number): void {
        if (cols < 1 || rows < 1) return;
        this.#size = { cols, rows };
        this.#flush(); // what was typed before belongs before
        if (this.#state.kind === 'open') this.#send({ type: 'resize', cols, rows });
    }

    /** Ends the shell and the connection. */
    kill(): void {
        if (this.#state.kind === 'open') this.#send({ type: 'kill' });
        this.leave();
    }

    /** Ends the connection; the shell goes on. */
    leave(): void {
        this.#closed = true;
        this.#cancel();
        this.#socket?.close();
    }

    /** Tries again at once. */
    retry(): void {
        if (this.#state.kind !== 'waiting') return;
        this.#cancel();
        this.#connect();
    }

    #connect(): void {
        if (this.#closed) return;
        this.#fatal = '';
        this.#started = false;
        this.#set({ kind: 'connecting' });
        const socket = this.around.connect();
        this.#socket = socket;
        socket.onopen = () => {
            const first = this.#tag ? { type: 'connect', tag: this.#tag } : { type: 'start', ...this.#size };
            socket.send(JSON.stringify(first));
        };
        socket.onmessage = (event) => this.#message(String(event.data));
        socket.onclose = (event) => this.#lost(event);
    }

    #message(text: string): void {
        const message = JSON.parse(text) as Record<string, unknown>;
        switch (message['type']) {
            case 'started':
                this.#tag = String(message['tag']);
                this.#tries = 0;
                this.#started = true;
                this.around.tag(this.#tag);
                this.#set({ kind: 'open' });
                this.#send({ type: 'resize', ...this.#size });
                this.#flush();
                break;
            case 'output':
                this.around.output(fromBase64(String(message['data'])));
                break;
            case 'exit':
                this.#end(`The shell ended with exit code ${String(message['exit_code'])}.`);
                break;
            case 'error':
                if (message['fatal'] === true) this.#fatal = String(message['data']);
                break;
            case 'ping':
                this.#send({ type: 'pong' });
                break;
        }
    }

    #lost(event: { code: number; reason: string }): void {
        if (this.#closed || this.#state.kind === 'ended') return;
        if (this.#fatal !== '' && this.#hopeless(this.#fatal)) {
            this.#end(why(this.#fatal));
            return;
        }
        const wait = Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** this.#tries++);
        const reason = this.#fatal || event.reason || 'the connection was lost';
        this.#set({ kind: 'waiting', why: `${why(reason)} Trying again.` });
        this.#cancel = this.around.after(wait, () => this.#connect());
    }

    /** Whether trying again is of no use: after a shell was there, only what the next try says is sure. */
    #hopeless(words: string): boolean {
        if (/^sandbox (is not running|not found)/.test(words)) return true;
        return !this.#started && !/inactivity timeout|not reachable|temporarily unavailable/.test(words);
    }

    #flush(): void {
        const socket = this.#socket;
        if (!socket || this.#state.kind !== 'open' || this.#queue.length === 0) return;
        let bytes = join(this.#queue);
        this.#queue = [];
        while (bytes.length > 0 && socket.bufferedAmount < WINDOW) {
            this.#send({ type: 'input', data: toBase64(bytes.subarray(0, PIECE)) });
            bytes = bytes.subarray(PIECE);
        }
        if (bytes.length === 0) return;
        this.#queue = [bytes]; // a long paste: the rest when some of it has left
        this.around.after(JOIN_MS, () => this.#flush());
    }

    #send(message: Record<string, unknown>): void {
        this.#socket?.send(JSON.stringify(message));
    }

    #end(reason: string): void {
        this.#set({ kind: 'ended', why: reason });
        this.#socket?.close();
    }

    #set(state: State): void {
        this.#state = state;
        this.around.state(state);
    }
}

function join(parts: Uint8Array[]): Uint8Array {
    if (parts.length === 1) return parts[0] as Uint8Array;
    const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
        all.set(part, at);
        at += part.length;
    }
    return all;
}

/** The server's words as a sentence. */
function why(text: string): string {
    const running = /^sandbox is not running \(status: (.+)\)$/.exec(text);
    if (running) return `The capsule is ${running[1] ?? 'not running'}.`;
    if (text === 'sandbox not found') return 'The capsule is gone.';
    if (text.includes('not found')) return 'The shell is gone.';
    const words = text.replaceAll('sandbox', 'capsule');
    return `${words.charAt(0).toUpperCase()}${words.slice(1)}${/[.!]$/.test(words) ? '' : '.'}`;
}
