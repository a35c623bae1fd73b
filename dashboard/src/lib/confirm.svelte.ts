export interface Question {
    title: string;
    text: string;
    /** Of the button that does it. */
    action: string;
    /** Has to be typed before. */
    type?: string;
}

/** Asks before something that cannot be undone. One question at a time. */
class Confirm {
    question = $state<Question>();
    #answer: (yes: boolean) => void = () => undefined;

    ask(question: Question): Promise<boolean> {
        this.#answer(false);
        this.question = question;
        return new Promise((done) => (this.#answer = done));
    }

    answer(yes: boolean): void {
        this.question = undefined;
        this.#answer(yes);
        this.#answer = () => undefined;
    }
}

export const confirm = new Confirm();
