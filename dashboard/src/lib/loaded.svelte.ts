import { onDestroy } from 'svelte';
import { explain } from './errors.logic';
import { network } from './network.svelte';

/**
 * What a page shows and where it comes from: loading, failed with a way to try again, or there. While it is
 * loaded anew the old stays on the screen, and an answer that comes late does not replace a newer one.
 */
export class Loaded<T> {
    data = $state.raw<T>();
    error = $state('');
    /** The first time only. */
    loading = $state(true);
    #load: () => Promise<T>;
    #number = 0;

    constructor(load: () => Promise<T>) {
        this.#load = load;
    }

    async load(): Promise<void> {
        const mine = ++this.#number;
        try {
            const data = await this.#load();
            if (mine !== this.#number) return;
            this.data = data;
            this.error = '';
        } catch (error) {
            if (mine === this.#number) this.error = explain(error);
        } finally {
            if (mine === this.#number) this.loading = false;
        }
    }

    /** Shows the skeleton again before loading, for another subject. */
    restart(): void {
        this.loading = true;
        this.data = undefined;
        void this.load();
    }
}

/** For a component: loads now and when the server is back. */
export function loaded<T>(load: () => Promise<T>): Loaded<T> {
    const one = new Loaded(load);
    void one.load();
    onDestroy(network.onReturn(() => void one.load()));
    return one;
}

/** Calls something again and again while the tab is visible and the page wants it; at once on coming back. */
export function every(seconds: () => number, work: () => Promise<unknown> | undefined): void {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;
    const plan = () => {
        clearTimeout(timer);
        if (gone || document.hidden) return;
        timer = setTimeout(() => {
            Promise.resolve(work()).finally(plan);
        }, seconds() * 1000);
    };
    const seen = () => {
        if (!document.hidden) void work();
        plan();
    };
    document.addEventListener('visibilitychange', seen);
    plan();
    onDestroy(() => {
        gone = true;
        clearTimeout(timer);
        document.removeEventListener('visibilitychange', seen);
    });
}
