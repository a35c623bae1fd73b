import { expect, test } from 'vitest';
import { draft, inWords, MOST_RULES, networkCommand, read, type Policy } from './network.logic';

const policy: Policy = {
    default: 'deny',
    rules: [
        { action: 'allow', to: '*.example.org', protocol: 'tcp', ports: '443' },
        { action: 'allow', to: '203.0.113.0/24', protocol: 'any' },
    ],
    bandwidth_mbit: 100,
};

test('a policy is lines, and the lines are the policy again', () => {
    const written = draft(policy);
    expect(written).toEqual({
        otherwise: 'deny',
        rules: 'allow *.example.org tcp 443\nallow 203.0.113.0/24',
        bandwidth: 100,
        connections: null,
    });
    expect(read(written).policy).toEqual(policy);
});

test('nothing at all lets everything through', () => {
    expect(read(draft({})).policy).toEqual({ default: 'allow', rules: [] });
    expect(
        read({ otherwise: 'deny', rules: '\n  \n# a note\n', bandwidth: 0, connections: null }).policy,
    ).toEqual({
        default: 'deny',
        rules: [],
    });
});

test.each(['permit example.org', 'allow', 'deny example.org sctp', 'allow example.org tcp 443 now'])(
    'names the line that is wrong: %s',
    (bad) => {
        const found = read({ ...draft({}), rules: `allow example.org\n${bad}` });
        expect(found.policy).toBeUndefined();
        expect(found.problem).toMatch(/^Line 2: /);
    },
);

test('has a bound', () => {
    const rules = Array<string>(MOST_RULES + 1)
        .fill('allow example.org')
        .join('\n');
    expect(read({ ...draft({}), rules }).problem).toContain('64');
});

test('says it in words and as a command', () => {
    expect(inWords({})).toBe('Everything is let through.');
    expect(inWords(policy)).toBe('2 rules, everything else is refused; at most 100 Mbit/s each way.');
    expect(networkCommand('cl-1', policy)).toBe(
        "./wrenn capsule network set cl-1 --default deny --rule 'allow *.example.org tcp 443'" +
            " --rule 'allow 203.0.113.0/24' --bandwidth 100",
    );
});
