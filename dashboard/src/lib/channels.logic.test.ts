import { expect, test } from 'vitest';
import { complete, configOf, PROVIDERS } from './channels.logic';

test('sends what the provider knows, and nothing that is empty', () => {
    expect(configOf('webhook', { url: ' https://x.example ', secret: '', chat_id: '1' })).toEqual({
        url: 'https://x.example',
    });
});

test('knows when something is missing', () => {
    expect(complete('webhook', { url: 'https://x.example' })).toBe(true);
    expect(complete('matrix', { homeserver_url: 'https://x.example', access_token: 'a' })).toBe(false);
    expect(complete('telegram', { bot_token: ' ', chat_id: '1' })).toBe(false);
});

test('knows every provider of the contract', () => {
    expect(Object.keys(PROVIDERS).sort()).toEqual(
        ['discord', 'email', 'googlechat', 'matrix', 'slack', 'teams', 'telegram', 'webhook'].sort(),
    );
});
