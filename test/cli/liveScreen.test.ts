import { EventEmitter } from "node:events";
import { expect } from "chai";
import { openLiveScreen, painted } from "../../trainer/cli/liveScreen.ts";
import type { Key } from "../../trainer/cli/liveScreen.ts";

/** A terminal whose keys and size the test has in hand. */
function aTerminal(isTTY = true) {
  const written: string[] = [];
  const raw: boolean[] = [];
  const input = Object.assign(new EventEmitter(), {
    isTTY,
    setRawMode: (on: boolean) => raw.push(on),
    resume() {},
    pause() {},
  });
  const output = Object.assign(new EventEmitter(), {
    columns: 40,
    rows: 5,
    write: (text: string) => written.push(text),
  });
  const keys: Key[] = [];
  let resized = 0;
  const screen = openLiveScreen(
    // Of a terminal's two streams only what is used.
    { input, output, colours: false } as unknown as Parameters<typeof openLiveScreen>[0],
    { onKey: (key) => keys.push(key), onResize: () => resized++ },
  );
  return { screen, input, output, written, raw, keys, resizes: () => resized };
}

describe("A live screen", () => {
  it("draws all lines that fit, and wipes what was there", () => {
    const { screen, written } = aTerminal();
    screen.draw(["one", "two", "three", "four", "five", "six"].map((text) => ({ text })));
    expect(written.at(-1)).to.equal(
      "\u001b[Hone\u001b[K\r\ntwo\u001b[K\r\nthree\u001b[K\r\nfour\u001b[K\r\nfive\u001b[K\u001b[J",
    );
    screen.close();
  });

  it("hears keys, and of a new size", () => {
    const { screen, input, output, keys, resizes } = aTerminal();
    for (const bytes of ["q", "\u0003", "j", "\u001b[A", "\u001b[B", "\r", "\u001b", "x", "\u001b[200~", "jk\u001bq"]) {
      input.emit("data", Buffer.from(bytes));
    }
    expect(keys).to.deep.equal([
      "quit",
      "interrupt",
      "down",
      "up",
      "down",
      "enter",
      "back",
      "down",
      "up",
      "back",
      "quit",
    ]);
    Object.assign(output, { columns: 90, rows: 30 });
    output.emit("resize");
    expect(resizes()).to.equal(1);
    expect(screen.size).to.deep.equal({ columns: 90, rows: 30 });
    screen.close();
  });

  it("gives the terminal back as it was, once, and draws no more", () => {
    const { screen, input, output, written, raw } = aTerminal();
    screen.close();
    screen.close();
    expect(raw).to.deep.equal([true, false]);
    expect(written).to.deep.equal(["\u001b[?1049h\u001b[?25l", "\u001b[?25h\u001b[?1049l"]);
    screen.draw([{ text: "late" }]);
    expect(written).to.have.length(2);
    expect(input.listenerCount("data") + output.listenerCount("resize")).to.equal(0);
  });

  it("leaves an input alone that is no terminal", () => {
    const { screen, raw } = aTerminal(false);
    screen.close();
    expect(raw).to.deep.equal([]);
  });

  it("cuts lines to the width, keeps their indent and lets no control character through", () => {
    expect(painted({ text: "  0123456789" }, 8, false)).to.equal("  01234…");
    expect(painted({ text: "a\u001b[31mb\u009b2Jc" }, 80, false)).to.equal("a [31mb 2Jc");
    expect(painted({ text: "red", style: "red" }, 80, true)).to.equal("\u001b[31mred\u001b[39m");
    expect(painted({ text: "" }, 80, true)).to.equal("");
  });
});
