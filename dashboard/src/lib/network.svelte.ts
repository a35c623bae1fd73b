/** Whether the server answers: the banner shows it, and lists load anew when it does again. */
class Network {
    away = $state(false);
    #again = new Set<() => void>();

    failed(): void {
        if (this.away) return;
        this.away = true;
        void this.#watch();
    }

    answered(): void {
        if (!this.away) return;
        this.away = false;
        for (const listener of this.#again) listener();
    }

    /** Called when the server is back. */
    onReturn(listener: () => void): () => void {
        this.#again.add(listener);
        return () => this.#again.delete(listener);
    }

    async #watch(): Promise<void> {
        while (this.away) {
            await new Promise((done) => setTimeout(done, 2000));
            try {
                const answer = await fetch('/health', { cache: 'no-store' });
                if (answer.ok) this.answered();
            } catch {
                continue; // still away
            }
        }
    }
}

export const network = new Network();
