import { explain } from './errors.logic';

export interface Toast {
    id: number;
    text: string;
    tone: 'good' | 'bad';
    action?: { label: string; run: () => void };
}

const SHOWN_MS = 6000;

class Toasts {
    all = $state<Toast[]>([]);
    #next = 1;

    good(text: string, action?: Toast['action']): void {
        this.#add({ id: this.#next++, text, tone: 'good', action });
    }

    /** Says what went wrong; stays until it is closed. */
    bad(error: unknown): void {
        this.#add({ id: this.#next++, text: explain(error), tone: 'bad' });
    }

    close(id: number): void {
        this.all = this.all.filter((toast) => toast.id !== id);
    }

    #add(toast: Toast): void {
        this.all = [...this.all.slice(-3), toast];
        if (toast.tone === 'good') setTimeout(() => this.close(toast.id), SHOWN_MS);
    }
}

export const toasts = new Toasts();

/** Does something that may fail and says so either way. @returns whether it worked */
export async function attempt(work: () => Promise<unknown>, done?: string): Promise<boolean> {
    try {
        await work();
        if (done) toasts.good(done);
        return true;
    } catch (error) {
        toasts.bad(error);
        return false;
    }
}
