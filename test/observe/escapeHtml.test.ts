import { expect } from "chai";
import { escapeHtml, shortenMiddle } from "../../trainer/observe/escapeHtml.ts";

describe("escapeHtml", () => {
  it("leaves no character that opens or ends markup", () => {
    expect(escapeHtml(`<a href="x" id='y'>&amp;</a>`)).to.equal(
      "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/a&gt;",
    );
  });

  it("shortens the middle to exactly the length", () => {
    expect(shortenMiddle("0x5FbDB2315678afecb367", 10)).to.equal("0x5FbD…367");
    expect(shortenMiddle("trainer 3", 10)).to.equal("trainer 3");
  });
});
