import type { Schemas } from './api';

export type Provider = Schemas['CreateChannel']['provider'];

export interface Setting {
    key: string;
    label: string;
    hint?: string;
    secret?: boolean;
    optional?: boolean;
}

const HOOK = (hint: string): Setting[] => [
    { key: 'webhook_url', label: 'Webhook address', hint, secret: true },
];

/** What each kind of channel has to know. */
export const PROVIDERS: Record<Provider, { label: string; settings: Setting[] }> = {
    webhook: {
        label: 'Webhook',
        settings: [
            { key: 'url', label: 'Address' },
            {
                key: 'secret',
                label: 'Secret',
                hint: 'Empty: one is made and shown once.',
                secret: true,
                optional: true,
            },
        ],
    },
    slack: { label: 'Slack', settings: HOOK('https://hooks.slack.com/services/…') },
    discord: { label: 'Discord', settings: HOOK('https://discord.com/api/webhooks/…') },
    teams: { label: 'Microsoft Teams', settings: HOOK('The address of an incoming webhook') },
    googlechat: { label: 'Google Chat', settings: HOOK('https://chat.googleapis.com/…') },
    telegram: {
        label: 'Telegram',
        settings: [
            { key: 'bot_token', label: 'Token of the bot', secret: true },
            { key: 'chat_id', label: 'Id of the chat' },
        ],
    },
    matrix: {
        label: 'Matrix',
        settings: [
            { key: 'homeserver_url', label: 'Home server' },
            { key: 'access_token', label: 'Access token', secret: true },
            { key: 'room_id', label: 'Id of the room' },
        ],
    },
    email: { label: 'E-mail', settings: [{ key: 'address', label: 'Address' }] },
};

export const EVENTS: { name: Schemas['EventName']; label: string }[] = [
    { name: 'capsule.created', label: 'Capsule created' },
    { name: 'capsule.running', label: 'Capsule goes on' },
    { name: 'capsule.paused', label: 'Capsule paused' },
    { name: 'capsule.destroyed', label: 'Capsule destroyed' },
    { name: 'capsule.network.denied', label: 'Capsule was refused a connection' },
    { name: 'template.snapshot.created', label: 'Snapshot made' },
    { name: 'template.snapshot.deleted', label: 'Snapshot deleted' },
    { name: 'host.up', label: 'Host up' },
    { name: 'host.down', label: 'Host down' },
];

/** The configuration as the API takes it: without what was left empty. */
export function configOf(provider: Provider, values: Record<string, string>): Record<string, string> {
    const config: Record<string, string> = {};
    for (const { key } of PROVIDERS[provider].settings) {
        const value = (values[key] ?? '').trim();
        if (value !== '') config[key] = value;
    }
    return config;
}

/** Whether everything that is needed is there. */
export function complete(provider: Provider, values: Record<string, string>): boolean {
    return PROVIDERS[provider].settings.every(
        (s) => s.optional === true || (values[s.key] ?? '').trim() !== '',
    );
}
