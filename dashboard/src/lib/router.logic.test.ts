import { expect, test } from 'vitest';
import { isId, match, returnTo, withQuery } from './router.logic';

const table = [
    ['/', 'home'],
    ['/dashboard/capsules', 'list'],
    ['/dashboard/capsules/{id}', 'one'],
] as const;

test('finds pages and binds parameters', () => {
    expect(match(table, '/')).toEqual({ page: 'home', params: {} });
    expect(match(table, '/dashboard/capsules/')).toEqual({ page: 'list', params: {} });
    expect(match(table, '/dashboard/capsules/a%20b')).toEqual({ page: 'one', params: { id: 'a b' } });
});

test('knows what is no page', () => {
    expect(match(table, '/dashboard')).toBeUndefined();
    expect(match(table, '/dashboard/capsules/a/b')).toBeUndefined();
    expect(match(table, '/dashboard/capsules/%E0%A4%A')).toBeUndefined();
});

test.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '', null])(
    'never leads away: %s',
    (next) => {
        expect(returnTo(next, '/home')).toBe('/home');
    },
);

test('leads back, but not to the login page', () => {
    expect(returnTo('/dashboard/keys?x=1', '/home')).toBe('/dashboard/keys?x=1');
    expect(returnTo('/login?next=/x', '/home')).toBe('/home');
});

test('changes queries', () => {
    const query = new URLSearchParams('tab=files&path=%2Froot');
    expect(withQuery(query, { path: '/a b' })).toBe('?tab=files&path=%2Fa+b');
    expect(withQuery(query, { tab: '', path: '' })).toBe('');
});

test('tells ids from other texts', () => {
    expect(isId('cl', 'cl-eh20m2rvgvw6snhr754ezwsqh')).toBe(true);
    expect(isId('cl', 'usr-eh20m2rvgvw6snhr754ezwsqh')).toBe(false);
    expect(isId('cl', 'cl-<img src=x>')).toBe(false);
});
