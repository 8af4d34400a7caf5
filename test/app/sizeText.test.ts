import { expect } from "chai";
import { sizeText } from "../../app/words/sizeText.ts";
import { language } from "../../app/words/words.ts";

describe("A number of bytes", () => {
  const before = language.value;
  beforeEach(() => (language.value = "en"));
  afterEach(() => (language.value = before));

  it("has the unit that makes it short, and the same one everywhere", () => {
    const texts = [0, 12, 999, 1_000, 4_800, 999_949, 999_950, 1_234_567, 31e9, 5e15].map(sizeText);
    expect(texts).to.deep.equal([
      ...["0 B", "12 B", "999 B", "1 kB", "4.8 kB", "999.9 kB", "1 MB", "1.2 MB", "31 GB", "5,000 TB"],
    ]);
  });
});
