import { onDestroy } from 'svelte';
import { BASE, type Schemas } from './api';

export type LiveEvent = Schemas['Event'];

const NAMES: Schemas['EventName'][] = [
    'capsule.created',
    'capsule.running',
    'capsule.paused',
    'capsule.destroyed',
    'template.snapshot.created',
    'template.snapshot.deleted',
    'host.up',
    'host.down',
];

/**
 * What happens in the team, as it happens. One stream for all pages; the browser goes on after the last
 * event by itself. While there is no stream the pages ask from time to time.
 */
class Live {
    connected = $state(false);
    #source: EventSource | undefined;
    #listeners = new Set<(event: LiveEvent) => void>();
    #retry: ReturnType<typeof setTimeout> | undefined;

    start(): void {
        this.stop();
        const source = new EventSource(`${BASE}/v1/events`);
        this.#source = source;
        source.onopen = () => (this.connected = true);
        source.onerror = () => {
            this.connected = false;
            // The browser tries again by itself unless the server refused.
            if (source.readyState === EventSource.CLOSED)
                this.#retry = setTimeout(() => this.start(), 10_000);
        };
        for (const name of NAMES) {
            source.addEventListener(name, (message) => {
                const event = JSON.parse(String(message.data)) as LiveEvent;
                for (const listener of this.#listeners) listener(event);
            });
        }
    }

    stop(): void {
        clearTimeout(this.#retry);
        this.#source?.close();
        this.#source = undefined;
        this.connected = false;
    }

    on(listener: (event: LiveEvent) => void): void {
        this.#listeners.add(listener);
        onDestroy(() => this.#listeners.delete(listener));
    }
}

export const live = new Live();
