import { expect, test } from 'vitest';
import { ApiFailure, explain, explainOAuth, failure } from './errors.logic';

test('reads the envelope', () => {
    const headers = new Headers({ 'X-Request-Id': 'r1', 'Retry-After': '7' });
    const read = failure(429, { error: { code: 'rate_limited', message: 'slow down' } }, headers);
    expect(read).toMatchObject({ status: 429, code: 'rate_limited', request: 'r1', retryAfter: 7 });
    expect(explain(read)).toBe('Too many attempts: try again in 7 s.');
});

test('survives answers that are none of ours', () => {
    const read = failure(502, '<html>bad gateway</html>', new Headers({ 'Retry-After': 'soon' }));
    expect(read).toMatchObject({ status: 502, code: 'http_502', retryAfter: 0 });
});

test('explains what it knows and repeats the rest as a sentence', () => {
    expect(explain(new ApiFailure(503, 'no_hosts_available', 'x'))).toContain('No host has room');
    expect(explain(new ApiFailure(400, 'invalid_request', 'name: too long'))).toBe('Name: too long.');
    expect(explain(new ApiFailure(403, 'forbidden', 'expected the role admin'))).toContain(
        'expected the role admin',
    );
    expect(explain(new ApiFailure(0, 'network', ''))).toBe('The server cannot be reached.');
    expect(explain('odd')).toBe('odd');
});

test('has a text for every code of a sign-in by GitHub', () => {
    for (const code of [
        'access_denied',
        'invalid_state',
        'missing_code',
        'exchange_failed',
        'account_deactivated',
    ])
        expect(explainOAuth(code)).not.toBe(explainOAuth('unknown'));
    for (const code of ['no_account', 'email_taken', 'db_error', 'already_linked'])
        expect(explainOAuth(code)).not.toBe(explainOAuth('unknown'));
});
