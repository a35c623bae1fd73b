export type Theme = 'system' | 'dark' | 'light';

const KEY = 'wrenn.theme';
const THEMES: Theme[] = ['system', 'dark', 'light'];

class Themes {
    chosen = $state<Theme>('system');
    #system = $state(false);
    /** What is on the screen, also when the system changes its mind. */
    dark = $derived(this.chosen === 'system' ? this.#system : this.chosen === 'dark');

    start(): void {
        const system = matchMedia('(prefers-color-scheme: dark)');
        this.#system = system.matches;
        system.addEventListener('change', () => (this.#system = system.matches));
        const kept = localStorage.getItem(KEY) as Theme | null;
        this.choose(kept && THEMES.includes(kept) ? kept : 'system');
    }

    choose(theme: Theme): void {
        this.chosen = theme;
        if (theme === 'system') {
            localStorage.removeItem(KEY);
            delete document.documentElement.dataset['theme'];
        } else {
            localStorage.setItem(KEY, theme);
            document.documentElement.dataset['theme'] = theme;
        }
    }

    next(): void {
        this.choose(THEMES[(THEMES.indexOf(this.chosen) + 1) % THEMES.length] ?? 'system');
    }
}

export const themes = new Themes();
