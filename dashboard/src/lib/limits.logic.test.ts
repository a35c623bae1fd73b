import { expect, test } from 'vitest';
import { said, wanted } from './limits.logic';

test('changing one limit keeps the others that are the own ones of the team', () => {
    const texts = said({ vcpus: 8, snapshots: 0 });
    expect(texts).toMatchObject({ vcpus: '8', snapshots: '0', capsules: '', memory_mb: '' });
    texts['capsules'] = '500';
    expect(wanted(texts)).toEqual({ vcpus: 8, snapshots: 0, capsules: 500 });
});

test('an empty field gives the limit of every team back', () => {
    const texts = said({ vcpus: 8, capsules: 3 });
    texts['vcpus'] = ' ';
    expect(wanted(texts)).toEqual({ capsules: 3 });
});
