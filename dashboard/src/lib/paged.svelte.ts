import { loaded, type Loaded } from './loaded.svelte';
import { router } from './router.svelte';

/** The page that the address names. */
function asked(): number {
    return Math.max(1, Math.floor(Number(router.query.get('page') ?? 1)) || 1);
}

/** For a component: a list in numbered pages, loaded anew when the address names another one. */
export function paged<T>(load: (page: number) => Promise<T>): Loaded<T> {
    const list = loaded(() => load(asked()));
    let shown = asked();
    $effect(() => {
        const page = asked();
        if (page === shown) return;
        shown = page;
        void list.load();
    });
    return list;
}
