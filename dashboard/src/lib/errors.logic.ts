/** What the API refused, and what people read about it. */

export class ApiFailure extends Error {
    constructor(
        /** Of HTTP; 0 when there was no answer. */
        readonly status: number,
        /** Stable, for decisions. */
        readonly code: string,
        message: string,
        /** Names the request in the server's log. */
        readonly request: string = '',
        /** Seconds to wait, when the server said so. */
        readonly retryAfter: number = 0,
    ) {
        super(message);
        this.name = 'ApiFailure';
    }
}

/** The failure that an answer with this body means. */
export function failure(status: number, body: unknown, headers: Headers): ApiFailure {
    const error = isObject(body) && isObject(body['error']) ? body['error'] : {};
    const code = typeof error['code'] === 'string' ? error['code'] : `http_${status}`;
    const message = typeof error['message'] === 'string' ? error['message'] : 'no further explanation';
    const wait = Number(headers.get('Retry-After') ?? 0);
    return new ApiFailure(
        status,
        code,
        message,
        headers.get('X-Request-Id') ?? '',
        Number.isFinite(wait) ? wait : 0,
    );
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === 'object' && value !== null;
}

const TEXTS: Record<string, string> = {
    account_not_activated: 'This account is not activated yet: open the link in the mail we sent.',
    account_disabled: 'This account is switched off. An administrator of the platform can switch it on.',
    account_deactivated: 'This account is switched off. An administrator of the platform can switch it on.',
    no_team: 'You are no member of this team any more. Sign in again to continue in another one.',
    no_hosts_available: 'No host has room for it at the moment.',
    host_unavailable: 'The host of this capsule cannot be reached.',
    insufficient_storage: 'The disk of the host is full.',
    template_name_taken: 'The team has a template of this name.',
    name_reserved: 'A template of the platform has this name.',
    owns_team_with_members: 'You own a team with other members: transfer or delete it first.',
    last_login_method: 'Set a password first: nobody could sign in otherwise.',
    invalid_token: 'The link is not valid: it was used already, or it is too old.',
    already_activated: 'The account is active already: just sign in.',
    wrong_password: 'The current password is wrong.',
};

/** A sentence about any failure. */
export function explain(error: unknown): string {
    if (!(error instanceof ApiFailure)) return error instanceof Error ? error.message : String(error);
    if (error.status === 0) return 'The server cannot be reached.';
    if (error.status === 429) {
        return error.retryAfter > 0
            ? `Too many attempts: try again in ${error.retryAfter} s.`
            : 'Too many attempts: try again in a moment.';
    }
    if (error.status === 403 && error.code === 'forbidden') return `Not allowed: ${error.message}.`;
    return TEXTS[error.code] ?? sentence(error.message);
}

function sentence(text: string): string {
    const first = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.!?]$/.test(first) ? first : `${first}.`;
}

const OAUTH: Record<string, string> = {
    access_denied: 'GitHub was not allowed to tell who you are.',
    invalid_state: 'The sign-in took too long or began in another browser. Try again.',
    missing_code: 'GitHub sent no answer that can be used. Try again.',
    exchange_failed: 'GitHub did not confirm the sign-in. Try again.',
    account_deactivated: 'This account is switched off. An administrator of the platform can switch it on.',
    no_account: 'Nobody here signs in with this GitHub account yet: sign up with it first.',
    email_taken:
        'An account has this address already: sign in with its password and connect GitHub in the settings.',
    already_linked: 'This GitHub account belongs to somebody else here.',
    db_error: 'The server cannot store it at the moment. Try again.',
    internal_error: 'Something went wrong on our side. Try again.',
};

/** A sentence about a code that a sign-in by another service ended with. */
export function explainOAuth(code: string): string {
    return OAUTH[code] ?? 'The sign-in did not work. Try again.';
}
