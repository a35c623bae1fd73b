import { expect, test } from 'vitest';
import { atLeast } from './roles.logic';

test('owners may what admins may, and unknown roles nothing', () => {
    expect(atLeast('owner', 'admin')).toBe(true);
    expect(atLeast('admin', 'admin')).toBe(true);
    expect(atLeast('member', 'admin')).toBe(false);
    expect(atLeast('', 'member')).toBe(false);
});
