import { api, body, onSignedOut, setCsrf, type Schemas } from './api';
import { ApiFailure } from './errors.logic';
import { router } from './router.svelte';
import { atLeast, type Role } from './roles.logic';

type Me = Schemas['Me'];

/** Who is signed in, in which team. The session itself is a cookie that no script can read. */
class Session {
    me = $state<Me>();
    teams = $state<Schemas['TeamWithRole'][]>([]);
    checked = $state(false);

    constructor() {
        onSignedOut(() => this.lost());
    }

    get team(): Schemas['TeamWithRole'] | undefined {
        return this.teams.find((team) => team.id === this.me?.team_id);
    }

    may(least: Role): boolean {
        return this.me !== undefined && atLeast(this.me.role, least);
    }

    /** Finds out whether there is a session. */
    async load(): Promise<void> {
        try {
            const me = await body(api.GET('/v1/me'));
            setCsrf(me.csrf_token ?? '');
            this.teams = await body(api.GET('/v1/teams'));
            this.me = me;
        } catch (error) {
            if (!(error instanceof ApiFailure) || (error.status !== 401 && error.status !== 403)) throw error;
            this.me = undefined;
        } finally {
            this.checked = true;
        }
    }

    async login(email: string, password: string): Promise<void> {
        await this.#begin(body(api.POST('/v1/auth/login', { body: { email, password, cookie: true } })));
    }

    async activate(token: string): Promise<void> {
        await this.#begin(body(api.POST('/v1/auth/activate', { body: { token, cookie: true } })));
    }

    async useLink(token: string): Promise<void> {
        await this.#begin(body(api.POST('/v1/auth/link', { body: { token, cookie: true } })));
    }

    async exchange(): Promise<void> {
        await this.#begin(body(api.POST('/v1/auth/oauth/exchange', { body: { cookie: true } })));
    }

    async switchTeam(team: string): Promise<void> {
        await this.#begin(body(api.POST('/v1/auth/switch-team', { body: { team_id: team } })));
    }

    async #begin(answer: Promise<Schemas['Signed']>): Promise<void> {
        setCsrf((await answer).csrf_token ?? '');
        await this.load();
    }

    async logout(): Promise<void> {
        await api.POST('/v1/auth/logout');
        this.#forget();
        router.go('/login');
    }

    /** An answer said that the session is over: to the login page, and back afterwards. */
    lost(): void {
        if (!this.me) return;
        this.#forget();
        router.go(`/login?next=${encodeURIComponent(router.here)}`, true);
    }

    #forget(): void {
        setCsrf('');
        this.me = undefined;
        this.teams = [];
    }
}

export const session = new Session();
