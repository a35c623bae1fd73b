import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

export default ts.config(
    { ignores: ['target/', 'node_modules/'] },
    ...ts.configs.strict,
    ...svelte.configs.recommended,
    { languageOptions: { globals: { ...globals.browser, ...globals.node } } },
    {
        files: ['**/*.svelte', '**/*.svelte.ts'],
        languageOptions: { parserOptions: { parser: ts.parser, svelteConfig } },
    },
    {
        rules: {
            'svelte/no-at-html-tags': 'error', // texts of users and guests are never markup
            'svelte/no-navigation-without-resolve': 'off', // of SvelteKit
            'no-restricted-properties': ['error', { property: 'innerHTML' }, { property: 'outerHTML' }],
            'max-lines': ['error', { max: 400 }],
        },
    },
    {
        files: ['src/pages/**/*.svelte', 'src/ui/**/*.svelte'],
        rules: { 'max-lines': ['error', { max: 200 }] },
    },
);
