import { expect, test } from 'vitest';
import { isHere, navigation } from './navigation.logic';

const paths = (who: Parameters<typeof navigation>[0]) =>
    navigation(who).flatMap((g) => g.links.map((l) => l.path));

test('hosts only for teams that bring theirs, the platform only for its administrators', () => {
    const member = paths({ admin: false, byoc: false, role: 'member' });
    expect(member).not.toContain('/dashboard/hosts');
    expect(member.some((p) => p.startsWith('/admin'))).toBe(false);
    expect(paths({ admin: false, byoc: true, role: 'member' })).toContain('/dashboard/hosts');
    expect(paths({ admin: true, byoc: false, role: 'owner' })).toContain('/admin/users');
});

test('marks the place and what is above it', () => {
    expect(isHere('/dashboard/capsules', '/dashboard/capsules/cl-1')).toBe(true);
    expect(isHere('/dashboard/team', '/dashboard/templates')).toBe(false);
    expect(isHere('/admin/templates', '/admin/builds/bld-1')).toBe(true);
});
