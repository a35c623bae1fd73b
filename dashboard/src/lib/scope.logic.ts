/**
 * The capsules of a page are those of the team; on the pages of administrators they are the platform's own.
 * Both are called and shown in the same way, at another address.
 */

/** Whether the page at this address is about the platform. */
export function ofPlatform(page: string): boolean {
    return page.startsWith('/admin/');
}

/** The address in the API of what is meant by this one of a team. */
export function inApi<Path extends string>(path: Path, platform: boolean): Path {
    return (platform ? path.replace(/^\/v1\//, '/v1/admin/') : path) as Path;
}

/** The page of a capsule, or of all. */
export function capsulePage(platform: boolean, id = ''): string {
    const all = platform ? '/admin/capsules' : '/dashboard/capsules';
    return id === '' ? all : `${all}/${id}`;
}
