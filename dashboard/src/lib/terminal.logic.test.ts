import { beforeEach, expect, test } from 'vitest';
import { fromBase64, toBase64 } from './base64.logic';
import { TerminalLink, type Socket, type State } from './terminal.logic';

class FakeSocket implements Socket {
    sent: Record<string, unknown>[] = [];
    bufferedAmount = 0;
    closed = false;
    onopen: (() => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event: { code: number; reason: string }) => void) | null = null;

    send(text: string): void {
        this.sent.push(JSON.parse(text) as Record<string, unknown>);
    }
    close(): void {
        this.closed = true;
    }
    says(message: Record<string, unknown>): void {
        this.onmessage?.({ data: JSON.stringify(message) });
    }
    inputs(): Uint8Array[] {
        return this.sent.filter((m) => m['type'] === 'input').map((m) => fromBase64(String(m['data'])));
    }
}

let sockets: FakeSocket[];
let states: State[];
let shown: string;
let timers: { ms: number; work: () => void }[];
let tags: string[];
let link: TerminalLink;

const text = (words: string) => new TextEncoder().encode(words);
const words = (parts: Uint8Array[]) => parts.map((part) => new TextDecoder().decode(part));
const socket = () => sockets.at(-1) as FakeSocket;

function make(tag = ''): TerminalLink {
    return new TerminalLink(
        {
            connect: () => {
                sockets.push(new FakeSocket());
                return socket();
            },
            after: (ms, work) => {
                const timer = { ms, work };
                timers.push(timer);
                return () => (timers = timers.filter((t) => t !== timer));
            },
            output: (bytes) => (shown += new TextDecoder().decode(bytes)),
            state: (state) => states.push(state),
            tag: (known) => tags.push(known),
        },
        tag,
    );
}

function run(): void {
    const due = timers;
    timers = [];
    for (const timer of due) timer.work();
}

beforeEach(() => {
    sockets = [];
    states = [];
    tags = [];
    timers = [];
    shown = '';
    link = make();
});

function start(): void {
    link.open(100, 30);
    socket().onopen?.();
    socket().says({ type: 'started', tag: 'pty-1', pid: 7 });
}

test('starts a shell of the right size and shows what it says', () => {
    start();
    expect(socket().sent[0]).toEqual({ type: 'start', cols: 100, rows: 30 });
    expect(tags).toEqual(['pty-1']);
    socket().says({ type: 'output', data: toBase64(text('héllo')) });
    expect(shown).toBe('héllo');
    expect(link.state.kind).toBe('open');
});

test('sends the first key at once and joins what follows quickly', () => {
    start();
    for (const key of ['a', 'b', 'ü']) link.input(text(key));
    expect(words(socket().inputs())).toEqual(['a']);
    run();
    expect(words(socket().inputs())).toEqual(['a', 'bü']);
});

test('keeps the order of keys and resizes', () => {
    start();
    link.input(text('a'));
    link.input(text('b'));
    link.resize(50, 20);
    const kinds = socket().sent.map((message) => message['type']);
    expect(kinds.slice(-3)).toEqual(['input', 'input', 'resize']);
});

test('a paste of a MiB arrives whole and waits for the connection', () => {
    start();
    const paste = new Uint8Array(1 << 20).map((_, i) => i % 251);
    socket().bufferedAmount = 1 << 20;
    link.input(paste);
    expect(socket().inputs()).toEqual([]);
    socket().bufferedAmount = 0;
    run();
    const sent = socket().inputs();
    expect(sent.every((piece) => piece.length <= 64 * 1024)).toBe(true);
    expect(Buffer.concat(sent).equals(Buffer.from(paste))).toBe(true);
});

test('comes back to the same shell with what was typed meanwhile', () => {
    start();
    socket().onclose?.({ code: 1006, reason: '' });
    expect(link.state.kind).toBe('waiting');
    expect(timers.map((t) => t.ms)).toContain(1000);
    link.input(text('ls\n'));
    run();
    socket().onopen?.();
    expect(socket().sent[0]).toEqual({ type: 'connect', tag: 'pty-1' });
    socket().says({ type: 'started', tag: 'pty-1', pid: 7 });
    expect(words(socket().inputs())).toEqual(['ls\n']);
});

test('waits longer each time, and not at all when asked to', () => {
    start();
    for (const wait of [1000, 2000, 4000]) {
        socket().onclose?.({ code: 1006, reason: '' });
        expect(timers.map((t) => t.ms)).toContain(wait);
        run();
    }
    socket().onclose?.({ code: 1006, reason: '' });
    const before = sockets.length;
    link.retry();
    expect(sockets.length).toBe(before + 1);
});

test('says why it ended', () => {
    start();
    socket().says({ type: 'error', data: 'sandbox is not running (status: paused)', fatal: true });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state).toEqual({ kind: 'ended', why: 'The capsule is paused.' });
});

test('says how the shell ended', () => {
    start();
    socket().says({ type: 'exit', exit_code: 3 });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state).toEqual({ kind: 'ended', why: 'The shell ended with exit code 3.' });
    expect(socket().closed).toBe(true);
});

test('an idle connection is made anew', () => {
    start();
    socket().says({ type: 'error', data: 'inactivity timeout', fatal: true });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state.kind).toBe('waiting');
});

test('a host that does not answer is asked again', () => {
    start();
    socket().says({ type: 'error', data: 'sandbox host is not reachable', fatal: true });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state.kind).toBe('waiting');
    run();
    socket().onopen?.();
    socket().says({ type: 'error', data: 'sandbox host is not reachable', fatal: true });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state).toEqual({ kind: 'waiting', why: 'Capsule host is not reachable. Trying again.' });
});

test('why a shell broke off is what the next try says', () => {
    start();
    socket().says({ type: 'error', data: 'the guest is gone', fatal: true });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state.kind).toBe('waiting');
    run();
    socket().onopen?.();
    socket().says({ type: 'error', data: 'sandbox is not running (status: paused)', fatal: true });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state).toEqual({ kind: 'ended', why: 'The capsule is paused.' });
});

test('an old tag that nobody knows any more has ended', () => {
    link = make('pty-old');
    link.open(80, 24);
    socket().onopen?.();
    expect(socket().sent[0]).toEqual({ type: 'connect', tag: 'pty-old' });
    socket().says({ type: 'error', data: 'terminal not found', fatal: true });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(link.state).toEqual({ kind: 'ended', why: 'The shell is gone.' });
});

test('answers pings, and kills what it leaves on purpose', () => {
    start();
    socket().says({ type: 'ping' });
    expect(socket().sent.at(-1)).toEqual({ type: 'pong' });
    link.kill();
    expect(socket().sent.at(-1)).toEqual({ type: 'kill' });
    socket().onclose?.({ code: 1000, reason: '' });
    expect(sockets).toHaveLength(1);
});
