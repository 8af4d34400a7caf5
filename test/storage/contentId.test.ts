import { expect } from "chai";
import { CID } from "multiformats/cid";
import { cidToContentId, contentIdToCid, contentIdToString, type ContentId } from "../../trainer/storage/contentId.ts";

// The empty UnixFS directory, the best known CID there is, in both its forms.
const V0 = "QmUNLLsPACCz1vLxQVkXqqLX5R1X345qqfHbsf67hvA3Nn";
const V1 = "bafybeiczsscdsbs7ffqz55asqdf3smv6klcw3gofszvwlyarci47bgf354";

describe("content id", () => {
  it("is the digest of a CID, and leads back to it", () => {
    const id = cidToContentId(V1);
    expect(id).to.match(/^0x[0-9a-f]{64}$/);
    expect(contentIdToString(id)).to.equal(V1);
    expect(contentIdToCid(id).equals(CID.parse(V1))).to.equal(true);
  });

  it("is the same for both versions of a CID, and whatever its case", () => {
    expect(cidToContentId(V0)).to.equal(cidToContentId(V1));
    const upper = cidToContentId(V1).toUpperCase().replace("0X", "0x") as ContentId;
    expect(contentIdToString(upper)).to.equal(V1);
  });

  for (const wrong of ["", "0x", "0x12", `0x${"g".repeat(64)}`, `0x${"0".repeat(65)}`, V1]) {
    it(`is not ${JSON.stringify(wrong.slice(0, 20))}`, () => {
      expect(() => contentIdToCid(wrong as ContentId)).to.throw(TypeError, "64 hex digits");
    });
  }

  it("is not made of a raw leaf, another hash, or text", () => {
    const leaf = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4";
    expect(() => cidToContentId(leaf)).to.throw(TypeError, "--cid-version 1");
    expect(() => cidToContentId(CID.createV1(0x70, { ...CID.parse(V1).multihash, code: 0x13 }))).to.throw(TypeError);
    expect(() => cidToContentId("x".repeat(100_000)))
      .to.throw(TypeError)
      .with.property("message")
      .with.length.below(300);
  });
});
