/** The time, for texts such as `3 min ago`; it moves on every ten seconds. */
class Clock {
    now = $state(Date.now());

    constructor() {
        setInterval(() => {
            if (!document.hidden) this.now = Date.now();
        }, 10_000);
    }
}

export const clock = new Clock();
