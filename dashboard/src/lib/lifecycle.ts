import { api, body } from './api';
import { capsules } from './capsules.svelte';
import type { Capsule } from './capsules.logic';
import { confirm } from './confirm.svelte';
import { shortId } from './format.logic';
import { scope } from './scope.svelte';
import { attempt, toasts } from './toasts.svelte';

/** What people do with capsules, each with its question, its toast and the way back where there is one. */

export async function pause(id: string): Promise<boolean> {
    const done = await attempt(async () => {
        capsules.put(
            await body(api.POST(scope.api('/v1/capsules/{id}/pause'), { params: { path: { id } } })),
        );
    });
    if (done) toasts.good(`${shortId(id)} is paused`, { label: 'Resume', run: () => void resume(id) });
    return done;
}

export async function resume(id: string): Promise<boolean> {
    const done = await attempt(async () => {
        capsules.put(
            await body(api.POST(scope.api('/v1/capsules/{id}/resume'), { params: { path: { id } } })),
        );
    });
    if (done) toasts.good(`${shortId(id)} goes on`, { label: 'Pause', run: () => void pause(id) });
    return done;
}

export async function destroy(capsule: Capsule): Promise<boolean> {
    const sure = await confirm.ask({
        title: `Destroy ${capsule.id}?`,
        text: 'Its memory and its disk are gone for good. Snapshots made of it stay.',
        action: 'Destroy',
    });
    if (!sure) return false;
    return attempt(
        async () => {
            await api.DELETE(scope.api('/v1/capsules/{id}'), { params: { path: { id: capsule.id } } });
            capsules.put({ ...capsule, status: 'stopped' });
        },
        `${shortId(capsule.id)} is destroyed`,
    );
}
