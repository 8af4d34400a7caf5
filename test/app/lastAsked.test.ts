import { expect } from "chai";
import { lastAsked } from "../../app/model/lastAsked.ts";

describe("Answers to one question after another", () => {
  const settled = () => new Promise((next) => setImmediate(next));
  const questions = (count: number) => Array.from({ length: count }, () => Promise.withResolvers<string>());

  it("are told of the last question only, whichever comes first", async () => {
    const told: string[] = [];
    const ask = lastAsked<string>(
      (answer) => told.push(answer),
      () => expect.fail(),
    );
    const [one, two] = questions(2) as [PromiseWithResolvers<string>, PromiseWithResolvers<string>];
    ask(one.promise);
    ask(two.promise);
    two.resolve("two");
    await settled();
    one.resolve("one");
    await settled();
    expect(told).to.deep.equal(["two"]);
  });

  it("are told one by one where none overtakes another, and faults of old ones are not", async () => {
    const told: string[] = [];
    const ask = lastAsked<string>(
      (answer) => told.push(answer),
      (error) => told.push(String(error)),
    );
    const [one, two, three] = questions(3);
    ask(one!.promise);
    one!.resolve("one");
    await settled();
    ask(two!.promise);
    ask(three!.promise);
    two!.reject(new Error("old"));
    three!.reject(new Error("new"));
    await settled();
    expect(told).to.deep.equal(["one", "Error: new"]);
  });
});
