import { expect } from "chai";
import { addressesToDial } from "../../trainer/roles/directory.ts";
import { account } from "./aTask.ts";

describe("directory: addresses to dial", () => {
  const entry = (index: number, peers: string[]) => ({ account: account(index), peers });

  it("has each one's first address before anybody's second", () => {
    const dialled = addressesToDial([entry(1, ["a1", "a2", "a3"]), entry(2, ["b1"]), entry(3, ["c1", "c2"])]);
    expect(dialled).to.deep.equal(["a1", "b1", "c1", "a2", "c2", "a3"]);
  });

  it("is empty for nobody, and for those who registered none", () => {
    expect(addressesToDial([])).to.deep.equal([]);
    expect(addressesToDial([entry(1, []), entry(2, [])])).to.deep.equal([]);
  });
});
