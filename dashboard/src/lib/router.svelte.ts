import { withQuery } from './router.logic';

/** Where the browser is. Links inside the page change it without loading anew. */
class Router {
    path = $state(location.pathname);
    query = $state(new URLSearchParams(location.search));

    start(): void {
        addEventListener('popstate', () => this.#read());
        document.addEventListener('click', (event) => this.#click(event));
    }

    go(to: string, replace = false): void {
        if (replace) history.replaceState(null, '', to);
        else history.pushState(null, '', to);
        this.#read();
        if (!replace) scrollTo(0, 0);
    }

    /** Changes parts of the query; the page stays. */
    set(changes: Record<string, string>, replace = true): void {
        this.go(this.path + withQuery(this.query, changes), replace);
    }

    /** The address as it is shown, without the host. */
    get here(): string {
        const query = this.query.toString();
        return this.path + (query === '' ? '' : `?${query}`);
    }

    #read(): void {
        this.path = location.pathname;
        this.query = new URLSearchParams(location.search);
    }

    #click(event: MouseEvent): void {
        if (event.defaultPrevented || event.button !== 0) return;
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        const link = (event.target as Element | null)?.closest('a');
        if (!link || link.target !== '' || link.hasAttribute('download')) return;
        const url = new URL(link.href, location.href);
        if (url.origin !== location.origin || link.dataset['native'] !== undefined) return;
        event.preventDefault();
        this.go(url.pathname + url.search);
    }
}

export const router = new Router();
