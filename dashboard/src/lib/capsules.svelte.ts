import { api, body } from './api';
import { merge, type Capsule } from './capsules.logic';
import { explain } from './errors.logic';
import { scope } from './scope.svelte';
import { session } from './session.svelte';

const PAGE = 999;

/** The capsules of the team, or on the pages of administrators of the platform; kept up to date by events. */
class Capsules {
    all = $state.raw<Capsule[]>([]);
    loading = $state(true);
    error = $state('');
    #number = 0;
    #team = '';

    /** All of the team of the session, page after page; what came so far is shown meanwhile when there was nothing before. */
    async load(): Promise<void> {
        const mine = ++this.#number;
        const team = scope.platform ? 'platform' : (session.me?.team_id ?? '');
        if (team !== this.#team) {
            this.#team = team;
            this.all = [];
            this.loading = true;
        }
        const first = this.all.length === 0;
        try {
            let found: Capsule[] = [];
            for (;;) {
                const before = found.at(-1)?.id;
                const query = before === undefined ? { limit: PAGE } : { limit: PAGE, before };
                const page = await body(api.GET(scope.api('/v1/capsules'), { params: { query } }));
                if (mine !== this.#number) return;
                found = found.concat(page);
                if (first || page.length < PAGE) this.all = found;
                this.loading = false;
                if (page.length < PAGE) break;
            }
            this.error = '';
        } catch (error) {
            if (mine === this.#number) this.error = explain(error);
        } finally {
            if (mine === this.#number) this.loading = false;
        }
    }

    /** Reads one again and merges it. */
    async refresh(id: string): Promise<void> {
        this.put(await body(api.GET(scope.api('/v1/capsules/{id}'), { params: { path: { id } } })));
    }

    put(capsule: Capsule): void {
        this.all = merge(this.all, capsule);
    }
}

export const capsules = new Capsules();
