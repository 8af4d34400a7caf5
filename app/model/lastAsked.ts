/** Answers that may overtake one another: only that to the last question is told. */

/** @returns To be given each answer that is awaited, in the order of the questions. */
export function lastAsked<T>(tell: (answer: T) => void, fail: (error: unknown) => void): (answer: Promise<T>) => void {
  let asked = 0;
  return (answer) => {
    const own = ++asked;
    answer.then(
      (value) => {
        if (own === asked) tell(value);
      },
      (error: unknown) => {
        if (own === asked) fail(error);
      },
    );
  };
}
