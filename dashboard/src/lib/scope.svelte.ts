import { router } from './router.svelte';
import { capsulePage, inApi, ofPlatform } from './scope.logic';

/** Whose capsules the page that is open is about. */
class Scope {
    get platform(): boolean {
        return ofPlatform(router.path);
    }

    /** The address in the API; its type stays that of the team's, which takes and answers the same. */
    api<Path extends string>(path: Path): Path {
        return inApi(path, this.platform);
    }

    page(id = ''): string {
        return capsulePage(this.platform, id);
    }
}

export const scope = new Scope();
