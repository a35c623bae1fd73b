export type Role = 'owner' | 'admin' | 'member';

const ORDER: Record<Role, number> = { member: 0, admin: 1, owner: 2 };

/** Whether a role is this one or more. */
export function atLeast(role: string, least: Role): boolean {
    return role in ORDER && ORDER[role as Role] >= ORDER[least];
}
