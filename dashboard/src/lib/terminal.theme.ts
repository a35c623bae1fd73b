import type { ITheme } from '@xterm/xterm';

/** Sixteen colours that can be read on the ground of each theme. */
const DARK: ITheme = {
    background: '#0a0d0b',
    foreground: '#dfe5e0',
    cursor: '#8cc283',
    selectionBackground: '#33503380',
    black: '#3a423c',
    red: '#f0908a',
    green: '#86c98f',
    yellow: '#e0b266',
    blue: '#86b8e6',
    magenta: '#d3a0dd',
    cyan: '#79c7c5',
    white: '#dfe5e0',
    brightBlack: '#8a948d',
    brightRed: '#ffb1ac',
    brightGreen: '#a9e0af',
    brightYellow: '#f3cf94',
    brightBlue: '#add0f2',
    brightMagenta: '#e5c0ec',
    brightCyan: '#a3dedc',
    brightWhite: '#ffffff',
};

const LIGHT: ITheme = {
    background: '#ffffff',
    foreground: '#191c1a',
    cursor: '#356b35',
    cursorAccent: '#ffffff',
    selectionBackground: '#bcd8b880',
    black: '#191c1a',
    red: '#b02a26',
    green: '#2c6b3a',
    yellow: '#865000',
    blue: '#1f5c94',
    magenta: '#8a3a8f',
    cyan: '#176a6a',
    white: '#6a716c',
    brightBlack: '#565d58',
    brightRed: '#c4413c',
    brightGreen: '#356b35',
    brightYellow: '#946000',
    brightBlue: '#2f6fae',
    brightMagenta: '#9d4fa2',
    brightCyan: '#217a7a',
    brightWhite: '#3d433f',
};

/** The colours of a theme. */
export function colours(dark: boolean): ITheme {
    return dark ? DARK : LIGHT;
}
