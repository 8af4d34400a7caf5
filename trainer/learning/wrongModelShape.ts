/** A vector that does not fit the network. */
export class WrongModelShape extends Error {
  override name = "WrongModelShape";
  readonly expected: number;
  readonly got: number;

  constructor(expected: number, got: number) {
    super(
      `The model has the wrong shape: this network has ${expected} parameters, the vector has ${got}. ` +
        "Check that the task's manifest and the model belong together.",
    );
    this.expected = expected;
    this.got = got;
  }
}
