import { onDestroy, type Component } from 'svelte';
import { network } from './network.svelte';

// Each part declares its own properties.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Code = Component<any>;
export type Load = () => Promise<{ default: Code }>;

const RELOADED = 'wrenn.reloaded';
const ONCE_IN_MS = 60_000;

/**
 * Code that comes when it is needed. When it does not come, the network is watched, and the code is asked for
 * again as soon as the server answers. If that fails too, it belongs to a version that is gone, or the browser
 * remembers the failure: the page is loaded anew, once in a minute at most.
 */
export class Part {
    code = $state.raw<Code>();
    failed = $state(false);

    constructor(
        private readonly load: Load,
        private readonly reload: () => void = reloadPage,
    ) {}

    async want(): Promise<void> {
        try {
            this.code = (await this.load()).default;
            this.failed = false;
        } catch {
            this.failed = true;
        }
    }

    /** The server answers again. */
    async again(): Promise<void> {
        if (!this.failed) return;
        await this.want();
        if (this.failed) this.reload();
    }
}

function reloadPage(): void {
    const last = Number(sessionStorage.getItem(RELOADED) ?? 0);
    if (Date.now() - last < ONCE_IN_MS) return;
    sessionStorage.setItem(RELOADED, String(Date.now()));
    location.reload();
}

/** For a component: loads now, and when the server is back. */
export function part(load: Load): Part {
    const one = new Part(load);
    onDestroy(network.onReturn(() => void one.again()));
    void one.want().then(() => {
        if (one.failed) network.failed();
    });
    return one;
}
