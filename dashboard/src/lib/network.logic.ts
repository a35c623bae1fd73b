import type { Schemas } from './api';

export type Policy = Schemas['NetworkPolicy'];
export type Rule = Schemas['NetworkRule'];

/** A policy as people write it: rules are lines, limits may be empty. */
export interface Draft {
    otherwise: 'allow' | 'deny';
    rules: string;
    bandwidth: number | null;
    connections: number | null;
}

export const MOST_RULES = 64;
const ACTIONS = ['allow', 'deny'];
const PROTOCOLS = ['any', 'tcp', 'udp', 'icmp'];

/** One rule a line: `allow *.example.org tcp 443`; what is usual is left out. */
export function line(rule: Rule): string {
    const words = [rule.action, rule.to];
    const protocol = rule.protocol ?? 'any';
    if (protocol !== 'any' || rule.ports) words.push(protocol);
    if (rule.ports) words.push(rule.ports);
    return words.join(' ');
}

export function draft(policy: Policy): Draft {
    return {
        otherwise: policy.default ?? 'allow',
        rules: (policy.rules ?? []).map(line).join('\n'),
        bandwidth: policy.bandwidth_mbit ?? null,
        connections: policy.max_connections ?? null,
    };
}

export type Read = { policy: Policy; problem: '' } | { policy: undefined; problem: string };

/** What a draft says, or what is wrong with which line. The server judges targets and ports. */
export function read(from: Draft): Read {
    const rules: Rule[] = [];
    for (const [i, text] of from.rules.split('\n').entries()) {
        const words = text.trim().split(/\s+/);
        if (words[0] === '' || words[0]?.startsWith('#')) continue;
        const rule = ruleOf(words);
        if (!rule) {
            const problem = `Line ${i + 1}: expected allow or deny, a target, then any, tcp, udp or icmp, then ports.`;
            return { policy: undefined, problem };
        }
        rules.push(rule);
    }
    if (rules.length > MOST_RULES)
        return { policy: undefined, problem: `There are ${rules.length} rules; ${MOST_RULES} is the most.` };
    const policy: Policy = { default: from.otherwise, rules };
    if (from.bandwidth) policy.bandwidth_mbit = from.bandwidth;
    if (from.connections) policy.max_connections = from.connections;
    return { policy, problem: '' };
}

function ruleOf(words: string[]): Rule | undefined {
    const [action = '', to, protocol = 'any', ports] = words;
    if (!ACTIONS.includes(action) || !to || !PROTOCOLS.includes(protocol) || words.length > 4)
        return undefined;
    const rule = { action, to, protocol } as Rule;
    return ports === undefined ? rule : { ...rule, ports };
}

/** A policy in a sentence. */
export function inWords(policy: Policy): string {
    const rules = policy.rules ?? [];
    const rest = (policy.default ?? 'allow') === 'allow' ? 'let through' : 'refused';
    const limits = [
        policy.bandwidth_mbit ? `${policy.bandwidth_mbit} Mbit/s each way` : '',
        policy.max_connections ? `${policy.max_connections} connections at a time` : '',
    ].filter((part) => part !== '');
    const first =
        rules.length === 0
            ? `Everything is ${rest}`
            : `${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}, everything else is ${rest}`;
    return `${[first, ...limits].join('; at most ')}.`;
}

/** The same by the CLI. */
export function networkCommand(id: string, policy: Policy): string {
    const words = [`./wrenn capsule network set ${id} --default ${policy.default ?? 'allow'}`];
    for (const rule of policy.rules ?? []) words.push(`--rule '${line(rule)}'`);
    if (policy.bandwidth_mbit) words.push(`--bandwidth ${policy.bandwidth_mbit}`);
    if (policy.max_connections) words.push(`--connections ${policy.max_connections}`);
    return words.join(' ');
}
