import { expect } from "chai";
import { asMnist, shrunk } from "../../app/model/digit.ts";
import type { Drawing } from "../../app/model/digit.ts";

/** Ink from one corner to the other of a box, on a ground. */
function box(side: number, [left, top, right, bottom]: readonly number[], ground = 0, ink = 1): Drawing {
  const values = new Float32Array(side * side).fill(ground);
  for (let y = top!; y < bottom!; y++) values.fill(ink, y * side + left!, y * side + right!);
  return { values, width: side, height: side };
}

/** Where its ink lies, and how much there is. */
function inkOf(values: Float32Array) {
  const at = [...values.keys()].filter((pixel) => values[pixel]! > 0.05);
  const [rows, columns] = [at.map((pixel) => Math.floor(pixel / 28)), at.map((pixel) => pixel % 28)];
  return {
    ...{ top: Math.min(...rows), bottom: Math.max(...rows), left: Math.min(...columns), right: Math.max(...columns) },
    sum: values.reduce((sum, value) => sum + value, 0),
  };
}

describe("A drawn digit", () => {
  it("is scaled to twenty pixels and put in the middle, wherever and however large it was drawn", () => {
    for (const corners of [
      [10, 20, 40, 120],
      [200, 150, 230, 250],
      [100, 10, 175, 260],
    ]) {
      const { top, bottom, left, right } = inkOf(asMnist(box(280, corners))!);
      expect([top, bottom], String(corners)).to.deep.equal([4, 23]);
      expect(left + right, String(corners)).to.equal(27);
      expect(right - left + 1).to.equal(6);
    }
  });

  it("keeps its ink's depth, and its mass as pixels are added up", () => {
    const placed = asMnist(box(280, [40, 40, 240, 240]))!;
    expect(inkOf(placed).sum.toFixed(3)).to.equal("400.000");
    expect(Math.max(...placed).toFixed(6)).to.equal("1.000000");
  });

  it("is light on dark, also when a picture has it dark on light", () => {
    const [light, dark] = [asMnist(box(100, [30, 10, 50, 90]))!, asMnist(box(100, [30, 10, 50, 90], 1, 0))!];
    expect([...dark]).to.deep.equal([...light]);
  });

  it("is none where nothing was drawn", () => {
    expect(asMnist(box(280, [0, 0, 0, 0]))).to.equal(undefined);
  });

  it("is shrunk by means of what each pixel covers, whole or in part", () => {
    const drawing = { values: Float32Array.of(0, 1, 1, 0, 0, 0), width: 3, height: 2 };
    const { values } = shrunk(drawing, { left: 0, top: 0, right: 3, bottom: 2 }, 2, 1);
    expect([...values].map((value) => value.toFixed(4))).to.deep.equal(["0.1667", "0.5000"]);
  });
});
