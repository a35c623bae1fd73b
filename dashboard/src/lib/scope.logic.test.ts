import { expect, test } from 'vitest';
import { capsulePage, inApi, ofPlatform } from './scope.logic';

test('pages of administrators are about capsules of the platform', () => {
    expect(ofPlatform('/admin/capsules/cl-1')).toBe(true);
    expect(ofPlatform('/dashboard/capsules')).toBe(false);
    expect(ofPlatform('/administer')).toBe(false);
});

test('the same call has another address there', () => {
    expect(inApi('/v1/capsules/{id}/exec', true)).toBe('/v1/admin/capsules/{id}/exec');
    expect(inApi('/v1/capsules/{id}/exec', false)).toBe('/v1/capsules/{id}/exec');
});

test('a capsule has its page beside its list', () => {
    expect(capsulePage(true, 'cl-1')).toBe('/admin/capsules/cl-1');
    expect(capsulePage(false)).toBe('/dashboard/capsules');
});
