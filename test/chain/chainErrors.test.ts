import { expect } from "chai";
import { Interface, makeError } from "ethers";
import { InsufficientGas, Refused, explain } from "../../trainer/chain/chainErrors.ts";
import { errorInterface } from "../../trainer/chain/contracts.ts";

const solidity = new Interface(["error Error(string)", "error Panic(uint256)"]);

/** An error as ethers makes it of what a node says to eth_call. */
const refusedWith = (data: string | null, message = "execution reverted") =>
  Object.assign(makeError("execution reverted", "CALL_EXCEPTION"), {
    data,
    info: { error: { code: 3, message, data } },
  });

describe("Explaining the chain's errors", () => {
  it("says each of the contracts' errors in words, with its values", () => {
    errorInterface().forEachError((fragment) => {
      const values = fragment.inputs.map(({ type }) =>
        type === "string"
          ? "rounds"
          : type === "address"
            ? `0x${"ab".repeat(20)}`
            : type === "bytes32"
              ? `0x${"cd".repeat(32)}`
              : 3,
      );
      const error = explain(refusedWith(errorInterface().encodeErrorResult(fragment, values)), "do it");
      expect(error).to.be.instanceOf(Refused);
      expect((error as Refused).reason).to.equal(fragment.name);
      expect(Object.keys((error as Refused).values)).to.deep.equal(fragment.inputs.map(({ name }) => name));
      expect(error.message)
        .to.match(/^Cannot do it: .+\.$/)
        .and.not.match(/undefined|\[object/);
    });
  });

  it("finds the reason wherever a node or ethers puts it", () => {
    const data = errorInterface().encodeErrorResult("TaskIsClosed");
    const places = [
      { data },
      { info: { error: { data } } },
      { info: { error: { data: { data, message: "reverted" } } } },
      { error: { data } },
      { error: { data: { data, txHash: "0x12" } } },
    ];
    for (const place of places) {
      expect((explain(Object.assign(new Error("x"), place), "do it") as Refused).reason).to.equal("TaskIsClosed");
    }
  });

  it("repeats a contract's own words, on one line, and takes them for nothing else", () => {
    const words = solidity.encodeErrorResult("Error", ["insufficient funds, nonce too low\u001b[2J\nok"]);
    const error = explain(refusedWith(words), "do it") as Refused;
    expect(error.reason).to.equal("Error");
    expect(error.message).to.equal('Cannot do it: the contract says "insufficient funds, nonce too low [2J ok".');
  });

  it("cuts words that do not end", () => {
    const { message } = explain(refusedWith(solidity.encodeErrorResult("Error", ["a".repeat(100_000)])), "do it");
    expect(message.length).to.be.below(500);
  });

  it("explains a failed calculation", () => {
    const error = explain(refusedWith(solidity.encodeErrorResult("Panic", [0x11])), "do it") as Refused;
    expect([error.reason, error.values]).to.deep.equal(["Panic", { code: 17n }]);
  });

  it("copes with times that no calendar has", () => {
    const data = errorInterface().encodeErrorResult("SignatureExpired", [2n ** 256n - 1n]);
    expect(explain(refusedWith(data), "do it").message).to.include(`second ${2n ** 256n - 1n}`);
  });

  it("copes with an error that breaks off, and with one that nobody knows", () => {
    const cut = errorInterface().encodeErrorResult("SignatureExpired", [1n]).slice(0, 20);
    for (const data of [cut, "0xdeadbeef", `0xdeadbeef${"00".repeat(64)}`]) {
      expect(explain(refusedWith(data), "do it"))
        .to.include({ reason: "Unknown" })
        .and.be.instanceOf(Refused);
    }
  });

  it("tells a refusal without a reason from a node that could not say", () => {
    expect(explain(refusedWith(null), "do it")).to.be.instanceOf(Refused);
    const failed = explain(refusedWith(null, "header not found"), "do it");
    expect(failed).not.to.be.instanceOf(Refused);
    expect(failed.message).to.equal('Cannot do it: the node says "header not found".');
  });

  it("knows the words of nodes for too few coins", () => {
    for (const message of [
      "insufficient funds for gas * price + value",
      "Sender doesn't have enough funds to send tx",
    ]) {
      expect(explain(refusedWith(null, message), "do it")).to.be.instanceOf(InsufficientGas);
    }
  });

  it("leaves other errors as they are", () => {
    const error = new Error("something else");
    expect(explain(error, "do it")).to.equal(error);
    expect(explain("text", "do it").message).to.equal("text");
  });
});
